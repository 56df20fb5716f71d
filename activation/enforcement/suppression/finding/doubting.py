"""Looking at pages that nothing says are wrong, and telling who was missed from who is merely on the way."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from activation.decisions.types import Question
from activation.enforcement.canaries.incidents import raise_incident
from activation.enforcement.canaries.types import IncidentKind
from activation.enforcement.changes import list_changed
from activation.enforcement.membership.models import Page
from activation.enforcement.membership.queries import list_pages
from activation.enforcement.membership.types import SegmentState
from activation.enforcement.suppression.finding.asking import Ground
from activation.enforcement.suppression.finding.deciding import settle
from activation.enforcement.suppression.finding.feed import get_position
from activation.enforcement.suppression.finding.judging import Candidate, Judged, judge, lay_ground
from activation.enforcement.suppression.finding.setting_down import set_down
from activation.enforcement.suppression.finding.types import CheckReport
from activation.enforcement.suppression.models import Suppression
from activation.enforcement.suppression.types import SuppressionState

_PATH = "membership check"


def doubt(page_ids: Collection[int]) -> tuple[CheckReport, Counter[str]]:
    """Decide everybody on those of the pages that should be right, and set down who was missed.

    Return what was found, and how many suppressions of each destination were written. Pages that are due
    are the sweep's, and those of a delivery that has not ended its run's.

    :raises KeysUnavailable, MappingUnreadable: if something cannot be opened or read. Nothing must be kept
        then.
    """
    ground = lay_ground()
    pages = list_pages(_list_settled(page_ids, ground))
    places = [(page, member) for page in pages for member in page.members]
    people = judge(ground, [Candidate(page.holding, member) for page, member in places])
    denied = [one for one in people if not one.may_stay]
    missed = _list_missed(denied) if denied else []
    for page in pages:
        settle(page, [one for (of, _), one in zip(places, people, strict=True) if of is page], ground)
    written = set_down(one.deny(one.trace_back()) for one in missed)
    _raise_for(missed)
    report = CheckReport(pages=len(page_ids), members=len(people), denied=len(denied), missed=len(missed))
    return report, written


def _list_settled(page_ids: Collection[int], ground: Ground) -> Sequence[int]:
    pages = Page.objects.filter(pk__in=page_ids, world=ground.world, segment__state=SegmentState.HELD)
    return list(pages.exclude(due_at__lte=ground.now).order_by("pk").values_list("pk", flat=True))


def _list_missed(denied: Sequence[Judged]) -> list[Judged]:
    """Return those who are not on the way out, and of whom no entry is still to be followed."""
    to_come = {ref for ref, _ in list_changed(since=get_position())}
    outgoing = _list_outgoing(denied)
    return [
        one
        for one in denied
        if to_come.isdisjoint(one.asked) and (one.candidate.holding.id, one.subject_ref) not in outgoing
    ]


def _list_outgoing(denied: Sequence[Judged]) -> set[tuple[int, str]]:
    """Return who waits to be taken out of which holding, or could not be. Strangers stand for one another."""
    rows = Suppression.objects.filter(
        subject_ref__in={one.subject_ref for one in denied},
        holding__in={one.candidate.holding.id for one in denied},
        state__in=[SuppressionState.WAITING, SuppressionState.PARKED],
    )
    return set(rows.order_by("holding", "subject_ref").values_list("holding_id", "subject_ref").distinct())


def _raise_for(missed: Iterable[Judged]) -> None:
    """Raise one incident for each question that somebody was missed by."""
    for holding in {one.candidate.holding.id: one.candidate.holding for one in missed}.values():
        raise_incident(
            kind=IncidentKind.WITHDRAWAL_MISSED,
            question=Question(
                purpose=holding.purpose, destination=holding.destination, controller=holding.controller
            ),
            ways=(),
            path=_PATH,
        )
