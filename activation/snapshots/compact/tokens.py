"""The dictionary of tokens: what a person can have said or be known by, each as a small number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from consent.records.types import Choice, ChoiceRecord
from consent.subjects.types import Fact, FactName

MOST_TOKENS = 0x8000
"""Numbers have 15 bits; the sixteenth says that an item begins a new moment."""
_LONGEST_VALUE = 16
"""A longer value of a fact is none of the few that many people share."""


@dataclass(frozen=True, slots=True)
class Token:
    """All that an item of a state says, but for its times and what it refers to."""

    purpose: str = ""
    """Of a choice; empty: the token is a fact's."""
    choice: Choice | None = None
    fact: FactName | None = None
    value: str = ""
    """Of a fact; a date of birth is a time, and stands with the times."""
    controller: str | None = None
    destination: str | None = None
    notice: str | None = None
    notice_version: int | None = None
    explicit: bool = False
    by_guardian: bool = False
    after_conflict_notice: bool = False
    back_dated: bool = False
    has_end: bool = False
    has_reference: bool = False

    @property
    def is_birth(self) -> bool:
        """Whether the item is a date of birth."""
        return self.fact is FactName.BORN_ON

    def row(self) -> list[Any]:
        """Return the token as plain values; `read_token` reads them."""
        return [
            self.purpose,
            self.choice.value if self.choice else None,
            self.fact.value if self.fact else None,
            self.value,
            self.controller,
            self.destination,
            self.notice,
            self.notice_version,
            self.explicit,
            self.by_guardian,
            self.after_conflict_notice,
            self.back_dated,
            self.has_end,
            self.has_reference,
        ]


def read_token(row: Sequence[Any]) -> Token:
    """Return the token that `Token.row` wrote.

    :raises ValueError, TypeError: if `row` is no such list.
    """
    purpose, choice, fact, *rest = row
    return Token(purpose, Choice(choice) if choice else None, FactName(fact) if fact else None, *rest)


class Dictionary(Protocol):
    """The tokens there are. Numbers are never given twice, and never taken back."""

    def number_of(self, token: Token) -> int | None:
        """Return the token's number; None if it has none and no more can be given."""
        ...

    def token(self, number: int) -> Token:
        """Return the token of `number`.

        :raises LookupError: if there is none.
        """
        ...


def token_of_choice(record: ChoiceRecord) -> Token:
    """Return what `record` says, but for its times."""
    return Token(
        purpose=record.purpose,
        choice=record.choice,
        controller=record.controller,
        destination=record.destination,
        notice=record.notice,
        notice_version=record.notice_version,
        explicit=record.explicit,
        by_guardian=record.by_guardian,
        after_conflict_notice=record.after_conflict_notice,
        back_dated=record.back_dated,
        has_end=record.expires_at is not None,
        has_reference=record.refers_to is not None,
    )


def token_of_fact(fact: Fact) -> Token | None:
    """Return what `fact` says, but for its times; None if its value is too long to be shared by many."""
    is_birth = fact.name is FactName.BORN_ON
    if not is_birth and len(fact.value) > _LONGEST_VALUE:
        return None
    value = "" if is_birth else fact.value
    return Token(fact=fact.name, value=value, controller=fact.controller, has_end=fact.until is not None)
