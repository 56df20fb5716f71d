"""A parcel as the destination's connector is handed it: one removal of all its people."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

import pyarrow as pa

from activation.destinations.kinds.interface import Removal
from activation.enforcement.membership.models import Holding, Segment
from activation.enforcement.membership.sealing import MembershipUnreadable, get_sealer
from activation.enforcement.membership.types import Member, Name
from activation.enforcement.suppression.models import Parcel, Suppression
from consent.keys.types import KeyUnreadable
from consent.subjects.types import IdentifierKind

UNREADABLE = (
    "its identifiers do not open: the row was changed or damaged; restore it and send it again, or take the"
    " person out by hand and acknowledge it"
)
NAMELESS = (
    "the destination was told no identifier of this person, so it cannot be told whom to take out: deliver"
    " the audience again without the person, or take the person out by hand, and acknowledge it"
)
_LOOKED_AT = 20  # deliveries
Identifiers = Mapping[IdentifierKind, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Contents:
    """Whom a parcel is about."""

    people: Mapping[int, Member] = field(repr=False)
    """By the suppression's id."""
    unusable: Mapping[int, str] = field(default_factory=dict)
    """Suppressions that nothing can be sent for, with what to do."""


def open_contents(holding: Holding, suppressions: Collection[Suppression]) -> Contents:
    """Return whom the suppressions are about.

    :raises KeyUnreadable: if the holding's key does not open: that is no fault of the suppressions.
    :raises KeysUnavailable: if the service that wraps keys cannot be asked now.
    """
    sealer = get_sealer(holding)
    people, unusable = dict[int, Member](), dict[int, str]()
    for suppression in sorted(suppressions, key=lambda one: one.pk):
        try:
            member = sealer.open_member(bytes(suppression.sealed))
        except MembershipUnreadable:
            unusable[suppression.pk] = UNREADABLE
            continue
        if any(member.identifiers.values()):
            people[suppression.pk] = member
        else:
            unusable[suppression.pk] = NAMELESS
    return Contents(people, unusable)


def name_of(suppression: Suppression) -> Name | None:
    """Return what the membership knows the person as; None if it cannot be said.

    Whoever was sent as a stranger is held as one, though a reference is known since.
    """
    try:
        member = get_sealer(suppression.holding).open_member(bytes(suppression.sealed))
    except (KeyUnreadable, MembershipUnreadable):
        return (suppression.subject_ref, ()) if suppression.subject_ref else None
    return member.name


def build_removal(parcel: Parcel, holding: Holding, people: Sequence[Member]) -> Removal:
    """Return the removal of these people, under the parcel's key.

    A person with several values of a kind has several rows; what a person lacks is null.
    """
    columns = find_columns(holding, people)
    rows = [row for person in people for row in _rows_of(person.identifiers, columns)]
    schema = pa.schema([(column, pa.string()) for column in columns.values()])
    batch = pa.RecordBatch.from_pylist(rows, schema=schema)
    return Removal(
        removal_id=parcel.pk,
        audience=holding.audience,
        schema=schema,
        batches=lambda: iter([batch]),
        identifiers=columns,
    )


def find_columns(holding: Holding, people: Sequence[Member]) -> dict[IdentifierKind, str]:
    """Return what the destination calls the column of each kind: as the last delivery called it."""
    kinds = sorted({kind for person in people for kind, values in person.identifiers.items() if values})
    newest = Segment.objects.filter(holding=holding).order_by("-pk").values_list("identifiers", flat=True)
    known: dict[str, str] = {}
    for told in newest[:_LOOKED_AT]:
        known = {**dict(told), **known}
    return {kind: known.get(kind, kind.value) for kind in kinds}


def covers(newer: Identifiers, older: Identifiers) -> bool:
    """Return whether whoever is taken out by `newer` is taken out by everything in `older`, too."""
    return all(set(values) <= set(newer.get(kind, ())) for kind, values in older.items())


def _rows_of(identifiers: Identifiers, columns: Mapping[IdentifierKind, str]) -> list[dict[str, str | None]]:
    values = zip_longest(*(identifiers.get(kind, ()) for kind in columns))
    return [dict(zip(columns.values(), row, strict=True)) for row in values]
