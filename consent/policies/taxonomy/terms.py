"""One word of the taxonomy, and the form its key has."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

LONGEST_KEY = 128
LONGEST_NAME = 200
LONGEST_DESCRIPTION = 2000


class TermKind(StrEnum):
    """What a term describes; the names are those of a Fides manifest's sections."""

    DATA_USE = "data_use"
    DATA_CATEGORY = "data_category"
    DATA_SUBJECT = "data_subject"

    @property
    def words(self) -> str:
        """The kind as a sentence names it."""
        return self.value.replace("_", " ")


DOTTED_FORM = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$"
"""Of the keys of data uses and data categories: what a policy document has room for."""
SLUG_FORM = r"^[a-z][a-z0-9_-]{0,63}$"
"""Of the keys of data subjects."""

_FORMS: Mapping[TermKind, re.Pattern[str]] = {
    TermKind.DATA_USE: re.compile(DOTTED_FORM, re.ASCII),
    TermKind.DATA_CATEGORY: re.compile(DOTTED_FORM, re.ASCII),
    TermKind.DATA_SUBJECT: re.compile(SLUG_FORM, re.ASCII),
}
_EXPECTED: Mapping[str, str] = {
    TermKind.DATA_USE: "lower-case words joined by dots, such as 'marketing.email', at most 128 letters",
    TermKind.DATA_CATEGORY: "lower-case words joined by dots, such as 'user.contact', at most 128 letters",
    TermKind.DATA_SUBJECT: "lower-case letters, digits, '_' and '-', such as 'customer', at most 64",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One term as an organisation or fideslang has it."""

    kind: TermKind
    key: str
    name: str
    description: str = ""
    active: bool = True
    """False: switched off. No policy may name it, nor what lies below it."""

    @property
    def parent(self) -> str:
        """The key above; empty at the top."""
        return parent_of(self.key)


def has_form(kind: TermKind, key: str) -> bool:
    """Return whether `key` has the form of keys of this kind."""
    return len(key) <= LONGEST_KEY and not key.endswith("\n") and bool(_FORMS[kind].match(key))


def expected_form(kind: str) -> str:
    """Return what a key of this kind looks like, as the end of a sentence."""
    return _EXPECTED[kind]


def parent_of(key: str) -> str:
    """Return the key above `key`; empty at the top."""
    return key.rpartition(".")[0]


def ancestors_of(key: str) -> tuple[str, ...]:
    """Return the keys above `key`, nearest first."""
    parent = parent_of(key)
    return (parent, *ancestors_of(parent)) if parent else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TermCounts:
    """What an import of terms did, or would do."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    """Of the organisation's own terms."""
    kept: int = 0
    """Differ from the file, and stay as an officer left them."""
    shipped: int = 0
    """Belong to fideslang, and are as it ships them."""
