"""A state as a list of items in the order of their moments, and back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from activation.decisions.types import Member
from activation.snapshots.compact.times import from_micros, to_micros
from activation.snapshots.compact.tokens import Token, token_of_choice, token_of_fact
from consent.records.types import OFFICER, Choice, ChoiceRecord
from consent.subjects.types import Fact, FactName

_REFERRING = OFFICER | {Choice.CONFIRMED}
"""Choices that mean something by what they refer to."""


@dataclass(frozen=True, slots=True)
class Item:
    """One choice or fact of a person."""

    token: Token
    effective_at: int
    """Microseconds since 1970, as are all times here."""
    recorded_at: int
    end: int | None = None
    """When a grant expires by its own date, or a fact runs out."""
    born: int | None = None
    """The ordinal of a date of birth."""
    reference: int | None = None
    """The place, in the list, of the item that this one refers to."""


def items_of(member: Member) -> list[Item] | None:
    """Return what is on record of `member`, by moment and version.

    None if it has a reference to what is not there, a date of birth that is no date, or a value of its own,
    or if two entries share a version: their order could not be told.
    """
    entries: list[ChoiceRecord | Fact] = [*member.choices, *member.facts]
    entries.sort(key=lambda entry: (entry.effective_at, entry.version))
    if len({entry.version for entry in entries}) < len(entries):
        return None
    places = {
        entry.record_id: place for place, entry in enumerate(entries) if isinstance(entry, ChoiceRecord)
    }
    found = [_item(entry, places) for entry in entries]
    items = [item for item in found if item is not None]
    return items if len(items) == len(found) else None


def _item(entry: ChoiceRecord | Fact, places: dict[str, int]) -> Item | None:
    return _choice_item(entry, places) if isinstance(entry, ChoiceRecord) else _fact_item(entry)


def _choice_item(record: ChoiceRecord, places: dict[str, int]) -> Item | None:
    reference = None if record.refers_to is None else places.get(record.refers_to)
    if record.refers_to is not None and reference is None:
        if record.choice in _REFERRING:
            return None
        record = replace(record, refers_to=None)  # a signal that it was read from: nothing is decided by that
    return Item(
        token=token_of_choice(record),
        effective_at=to_micros(record.effective_at),
        recorded_at=to_micros(record.recorded_at),
        end=None if record.expires_at is None else to_micros(record.expires_at),
        reference=reference,
    )


def _fact_item(fact: Fact) -> Item | None:
    token, born = token_of_fact(fact), None
    if fact.name is FactName.BORN_ON:
        try:
            born = date.fromisoformat(fact.value).toordinal()
        except ValueError:
            return None
    if token is None:
        return None
    end = None if fact.until is None else to_micros(fact.until)
    return Item(token, to_micros(fact.effective_at), to_micros(fact.recorded_at), end=end, born=born)


def member_of(items: Sequence[Item], *, subject_ref: str, version: int) -> Member:
    """Return a member that the engine decides alike for: versions are places, and ids stand for themselves.

    An item's version is its place plus one, so that what the engine says of a version leads to its item.
    """
    placed = list(enumerate(items, start=1))
    return Member(
        subject_ref=subject_ref,
        version=version,
        choices=tuple(_choice(item, place, subject_ref) for place, item in placed if item.token.choice),
        facts=tuple(_facts(placed, subject_ref)),
    )


def _choice(item: Item, place: int, subject_ref: str) -> ChoiceRecord:
    token = item.token
    if token.choice is None:
        raise TypeError("a fact is no choice")
    return ChoiceRecord(
        record_id=str(place),
        subject_ref=subject_ref,
        version=place,
        purpose=token.purpose,
        choice=token.choice,
        effective_at=from_micros(item.effective_at),
        recorded_at=from_micros(item.recorded_at),
        controller=token.controller,
        destination=token.destination,
        notice=token.notice,
        notice_version=token.notice_version,
        expires_at=None if item.end is None else from_micros(item.end),
        explicit=token.explicit,
        by_guardian=token.by_guardian,
        after_conflict_notice=token.after_conflict_notice,
        back_dated=token.back_dated,
        refers_to=None if item.reference is None else str(item.reference + 1),
    )


def _facts(placed: Iterable[tuple[int, Item]], subject_ref: str) -> Iterable[Fact]:
    for place, item in placed:
        if item.token.fact is not None:
            value = item.token.value if item.born is None else date.fromordinal(item.born).isoformat()
            yield Fact(
                subject_ref=subject_ref,
                name=item.token.fact,
                value=value,
                effective_at=from_micros(item.effective_at),
                recorded_at=from_micros(item.recorded_at),
                version=place,
                controller=item.token.controller,
                until=None if item.end is None else from_micros(item.end),
            )


def select(items: Sequence[Item], kept: Sequence[int]) -> list[Item]:
    """Return the items at the places `kept`; a reference to one that is left out leads nowhere."""
    new_places = {place: new for new, place in enumerate(kept)}
    lost = len(items)  # a place that no item has
    return [
        item if item.reference is None else replace(item, reference=new_places.get(item.reference, lost))
        for item in (items[place] for place in kept)
    ]
