"""Setting suppressions down: one for each person whom a holding may not hold any more, none of them twice."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Q
from django.db.models.functions import Now

from activation.enforcement.membership.models import Holding
from activation.enforcement.membership.sealing import MembershipUnreadable, open_member, seal_member
from activation.enforcement.membership.types import Held, Member, Name
from activation.enforcement.suppression.finding.causes import NOT_URGENT, Origin
from activation.enforcement.suppression.models import Suppression
from activation.enforcement.suppression.types import SuppressionState

_Place = tuple[int, str]
"""A holding, and the subject whose suppressions there are handed over in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """One person whom a holding holds, and may not."""

    holding: Held
    member: Member
    subject_ref: str
    """Whom it counts for: the member, or whom a stranger turned out to be. Empty: a stranger still."""
    reason: str
    origin: Origin

    @property
    def is_urgent(self) -> bool:
        """Whether it goes before what merely ran out."""
        return self.origin.cause not in NOT_URGENT

    @property
    def place(self) -> _Place:
        """Where equal ones are looked for."""
        return self.holding.id, self.subject_ref


@dataclass(frozen=True, slots=True)
class _Earlier:
    """A suppression that was set down before, and whom it is about."""

    row: Suppression
    member: Member


def set_down(denials: Iterable[Denial]) -> Counter[str]:
    """Write what is missing, in the order of `denials`, and return how many of each destination.

    One that waits, and was not handed over yet, stands for a newer one of the same person: it is told of
    identifiers that were sent since. One that is being handed over does not, for the destination may have
    been sent the person again meanwhile. One that is parked is superseded.

    :raises KeyUnreadable, KeysUnavailable: if a holding's key cannot be had. Nothing must be kept then.
    """
    merged = _merge(denials)
    holdings = Holding.objects.in_bulk({denial.holding.id for denial in merged})
    earlier = _list_earlier(merged, holdings)
    rows = [
        row
        for denial in merged
        if (row := _complete(denial, earlier.get(denial.place, ()), holdings[denial.holding.id]))
    ]
    Suppression.objects.bulk_create(rows)
    return Counter(row.destination for row in rows)


def _complete(denial: Denial, earlier: Sequence[_Earlier], holding: Holding) -> Suppression | None:
    """Return the row that is missing, if one is, with what parked ones know, which it supersedes."""
    same = [one for one in earlier if one.member.name == denial.member.name]
    parked = [one for one in same if one.row.state == SuppressionState.PARKED]
    waiting = [one for one in same if one.row.state == SuppressionState.WAITING]
    for one in parked:
        denial = replace(denial, member=join(denial.member, one.member))
    _supersede(parked)
    for one in waiting:
        _add(one, denial, holding)
    return None if waiting else _row_of(denial, holding, goes_alone=bool(parked))


def _supersede(parked: Sequence[_Earlier]) -> None:
    rows = Suppression.objects.filter(pk__in=[one.row.pk for one in parked])
    if parked:
        rows.update(state=SuppressionState.SUPERSEDED, sealed=b"", ended_at=Now(), error="")


def join(left: Member, right: Member) -> Member:
    """Return `left` with the identifiers of both."""
    kinds = dict.fromkeys((*left.identifiers, *right.identifiers))
    told = {
        kind: tuple(dict.fromkeys((*left.identifiers.get(kind, ()), *right.identifiers.get(kind, ()))))
        for kind in kinds
    }
    return replace(left, identifiers=told)


def _merge(denials: Iterable[Denial]) -> list[Denial]:
    """Return each person of a holding once, where they first came up, with what all their segments know."""
    found: dict[tuple[int, Name], Denial] = {}
    for denial in denials:
        key = denial.holding.id, denial.member.name
        first = found.get(key)
        found[key] = denial if first is None else replace(first, member=join(first.member, denial.member))
    return list(found.values())


def _list_earlier(
    denials: Sequence[Denial], holdings: Mapping[int, Holding]
) -> Mapping[_Place, Sequence[_Earlier]]:
    """Return what waits or is parked of these people, held until the transaction ends.

    Strangers who are known by nothing but what was sent are not looked for: their number has no bound.
    """
    known = {denial.subject_ref for denial in denials if denial.subject_ref}
    if not known:
        return {}
    rows = Suppression.objects.filter(
        Q(state=SuppressionState.WAITING, parcel__isnull=True) | Q(state=SuppressionState.PARKED),
        destination__in={one.destination for one in holdings.values()},
        subject_ref__in=known,
        holding__in=holdings,
    )
    found: defaultdict[_Place, list[_Earlier]] = defaultdict(list)
    for row in rows.select_for_update(of=("self",)).order_by("pk"):
        try:
            member = open_member(holdings[row.holding_id], bytes(row.sealed))
        except MembershipUnreadable:
            continue  # it was changed: it stands for nobody, and must keep nobody from being taken out
        found[row.holding_id, row.subject_ref].append(_Earlier(row, member))
    return found


def _add(earlier: _Earlier, denial: Denial, holding: Holding) -> None:
    """Let one that waits know what `denial` knows besides."""
    row, known = earlier.row, join(earlier.member, denial.member)
    is_urgent = row.is_urgent or denial.is_urgent
    if known != earlier.member:
        row.sealed = seal_member(holding, known)
    elif is_urgent == row.is_urgent:
        return
    Suppression.objects.filter(pk=row.pk).update(sealed=row.sealed, is_urgent=is_urgent)


def _row_of(denial: Denial, holding: Holding, *, goes_alone: bool) -> Suppression:
    return Suppression(
        holding=holding,
        destination=holding.destination,
        subject_ref=denial.subject_ref,
        cause=denial.origin.cause,
        reason=denial.reason,
        entry=denial.origin.entry,
        recorded_at=denial.origin.since,
        is_urgent=denial.is_urgent,
        goes_alone=goes_alone,
        sealed=seal_member(holding, denial.member),
    )
