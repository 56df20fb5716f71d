"""Who was, or is to be, taken out of destinations: of one person, or of one destination since a moment."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db.models import Q, QuerySet

from activation.enforcement.membership.sealing import MembershipUnreadable, open_member
from activation.enforcement.membership.types import Held, Member
from activation.enforcement.suppression.clocks import WaitsFor, explain_many
from activation.enforcement.suppression.models import Suppression
from activation.enforcement.suppression.types import SuppressionState
from consent.keys.types import KeyUnreadable
from consent.ledger.queries import get_time

_UNFINISHED = (SuppressionState.WAITING, SuppressionState.PARKED)
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOut:
    """One suppression of a person, with its clock."""

    holding: Held
    cause: str
    reason: str
    state: SuppressionState
    recorded_at: datetime
    enforced_at: datetime
    ended_at: datetime | None
    waits_for: WaitsFor | None
    """Of one that is not done."""
    is_overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Somebody whom a destination held until they were taken out, or holds until they are."""

    holding_id: int
    ref: str
    """Empty: a stranger."""
    stranger: Member | None = field(default=None, repr=False)
    """None of somebody on record, and where what the destination was told is wiped or does not open."""


def list_taken_out(refs: Collection[str]) -> list[TakenOut]:
    """Return all suppressions there are of any of `refs`, the latest first."""
    found = Suppression.objects.filter(subject_ref__in=list(refs)).select_related("holding", "parcel")
    rows, now = list(found.order_by("-recorded_at", "-pk")), get_time()
    unfinished = [row for row in rows if row.state in _UNFINISHED]
    waits = dict(zip([row.pk for row in unfinished], explain_many(unfinished), strict=True))
    return [_describe(row, now, waits[row.pk][0] if row.pk in waits else None) for row in rows]


def _describe(row: Suppression, now: datetime, waits_for: WaitsFor | None) -> TakenOut:
    is_open = row.state in _UNFINISHED
    return TakenOut(
        holding=row.holding.as_held(),
        cause=row.cause,
        reason=row.reason,
        state=SuppressionState(row.state),
        recorded_at=row.recorded_at,
        enforced_at=row.enforced_at,
        ended_at=row.ended_at,
        waits_for=waits_for,
        is_overdue=is_open and now - row.recorded_at > settings.PULL_THROUGH_DUE,
    )


def read_left(*, destination: str, since: datetime, until: datetime) -> Iterator[Sequence[Left]]:
    """Yield, in batches, whom the destination held at `since` or came to hold later, and who were taken out.

    When somebody was sent is not known any more once they are taken out: whoever is of a holding that was
    begun before `until` counts.
    """
    rows, last = _list_left(destination, since, until), 0
    while batch := list(rows.filter(pk__gt=last).select_related("holding").order_by("pk")[:_AT_ONCE]):
        yield [_tell(row) for row in batch]
        last = batch[-1].pk


def count_left(*, destination: str, since: datetime, until: datetime) -> int:
    """Return how many suppressions `read_left` goes through."""
    return _list_left(destination, since, until).count()


def _list_left(destination: str, since: datetime, until: datetime) -> QuerySet[Suppression]:
    was_there = Q(state__in=_UNFINISHED) | Q(ended_at__gte=since)
    return Suppression.objects.filter(was_there, destination=destination, holding__created_at__lt=until)


def _tell(row: Suppression) -> Left:
    member: Member | None = None
    if not row.subject_ref and row.sealed:
        try:
            member = open_member(row.holding, bytes(row.sealed))
        except (KeyUnreadable, MembershipUnreadable):
            member = None
    return Left(holding_id=row.holding_id, ref=row.subject_ref, stranger=member)
