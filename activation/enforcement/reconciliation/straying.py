"""Strays judged: who among them may not be there is taken out like anybody else."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from activation.enforcement.membership.models import Holding
from activation.enforcement.membership.queries import list_held
from activation.enforcement.membership.types import Member
from activation.enforcement.suppression.finding.causes import Origin
from activation.enforcement.suppression.finding.judging import Candidate, Judged, judge, lay_ground
from activation.enforcement.suppression.finding.setting_down import set_down
from activation.enforcement.suppression.types import Cause
from consent.subjects.types import IdentifierKind, SubjectRef

_AT_ONCE = 1_000
_Named = Mapping[IdentifierKind, str]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of the strays."""

    known: int
    """Strays that are members after all: they were sent while the destination was read."""
    taken_out: int
    """Suppressions written."""
    explained: int
    """Strays who may not be there."""


def judge_strays(holding: Holding, strays: Iterable[_Named]) -> Judgement:
    """Decide everybody whom `strays` lead to, and set down who may not be there.

    One who leads to nobody on record is left alone: nobody can say that we ever sent them.

    :raises KeysUnavailable: if the keys cannot be asked for.
    """
    found = Counter[str]()
    for some in _in_parts(strays):
        found.update(_judge_some(holding, some))
    return Judgement(known=found["known"], taken_out=found["taken_out"], explained=found["explained"])


def _in_parts(strays: Iterable[_Named]) -> Iterator[Sequence[_Named]]:
    iterator = iter(strays)
    while some := [one for _, one in zip(range(_AT_ONCE), iterator, strict=False)]:
        yield some


@transaction.atomic
def _judge_some(holding: Holding, strays: Sequence[_Named]) -> dict[str, int]:
    people = judge(lay_ground(), [Candidate(holding.as_held(), _member(one)) for one in strays])
    on_record = [one for one in people if one.asked]
    members = _list_members(holding, on_record)
    denied = [one for one in on_record if one.asked.isdisjoint(members) and not _may_stay(one)]
    written = set_down(one.deny(Origin(Cause.RECONCILIATION, one.now)) for one in denied)
    known = sum(not one.asked.isdisjoint(members) for one in on_record)
    return {"known": known, "taken_out": written.total(), "explained": len(denied)}


def _may_stay(one: Judged) -> bool:
    return one.may_stay


def _member(named: _Named) -> Member:
    return Member(ref="", identifiers={kind: (value,) for kind, value in named.items()})


def _list_members(holding: Holding, people: Sequence[Judged]) -> set[SubjectRef]:
    """Return who of `people` was sent since: the follower and the runs see to them."""
    refs = {ref for one in people for ref in one.asked}
    return {SubjectRef(one.found_by) for one in list_held(refs) if one.holding.id == holding.pk}
