"""A breach report worked out: whom it found, in figures, and the list, sealed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from activation.decisions.compiled import CompiledPolicy
from activation.desk.tracing import jobs, vault
from activation.desk.tracing.models import BreachPerson, BreachReport
from activation.desk.tracing.reach import summing
from activation.desk.tracing.reach.finding import Finder, Gaps
from activation.desk.tracing.reach.planning import Plan, plan_reach
from activation.desk.tracing.types import BreachQuestion, BreachScope, Channel
from activation.enforcement.membership.types import Member
from activation.snapshots.queries import open_snapshot
from consent.keys.vault import PartWriter
from consent.subjects.queries import count_subjects

_TOLD_EVERY = 500
_RUNS_NAMED = 1000


class Progress:
    """Says how far a report is, now and then."""

    def __init__(self, report: BreachReport, total: int) -> None:
        self._report, self.total, self.done = report, total, 0
        jobs.tell(report, done=0, total=total)

    def add(self, more: int) -> None:
        """Take note of how many more were looked at.

        :raises ReportCancelled: if the report is not to go on.
        """
        self.done += more
        self.total = max(self.total, self.done)
        jobs.tell(self._report, done=self.done, total=self.total)


def find_reached(report: BreachReport, *, at: datetime) -> dict[str, Any]:
    """Find everybody whom the breach reached, seal the list, and return the columns of the report's row.

    :raises ReportCancelled: if the report is not to go on.
    :raises DatasetUnknown: if there is no such dataset any more.
    """
    question = as_question(report)
    plan = plan_reach(question)
    categories = list_categories(plan, at=at)
    writer, tally = vault.make_writer(report, vault.open_key(report)), summing.Tally()
    progress = Progress(report, _estimate(plan))

    def take_stranger(member: Member, channel: int) -> None:
        tally.strangers += 1
        tally.by_channel[channel] += 1
        writer.add(summing.tell_stranger(member, channel, categories))

    _forget_found(report)
    try:
        finder = Finder(report, question, plan, progress.add, take_stranger)
        finder.find()
        _write_list(report, categories, tally, writer, progress, at=at)
    finally:
        _forget_found(report)
    progress.add(0)
    figures = state_figures(plan, categories, finder, tally)
    return {"parts": writer.parts, "figures": figures, "done": progress.done, "total": progress.done}


def _write_list(
    report: BreachReport,
    categories: Sequence[Sequence[str]],
    tally: summing.Tally,
    writer: PartWriter,
    progress: Progress,
    *,
    at: datetime,
) -> None:
    progress.total = progress.done + summing.count_found(report)
    waiting = 0
    for line in summing.list_lines(report, categories, tally, at=at):
        writer.add(line)
        waiting += 1
        if waiting == _TOLD_EVERY:
            progress.add(waiting)
            waiting = 0
    writer.end()
    progress.add(waiting)


def as_question(report: BreachReport) -> BreachQuestion:
    """Return what the report asks."""
    return BreachQuestion(
        scope=BreachScope(report.scope), name=report.name, since=report.since, until=report.until
    )


def list_categories(plan: Plan, *, at: datetime) -> list[list[str]]:
    """Return the data categories of each channel: the dataset's own, or what the policy permits."""
    if plan.categories:
        return [sorted(plan.categories) for _ in plan.channels]
    with open_snapshot(at=at) as snapshot:
        return [_permitted(snapshot.policy, one) for one in plan.channels]


def _permitted(policy: CompiledPolicy, channel: Channel) -> list[str]:
    """Return what the destination may receive for the purpose, under the policy in force."""
    destination = policy.destinations.get(channel.destination)
    if destination is None:
        return []
    rules = policy.rules_for(channel.purpose, channel.controller).values()
    by_rules = frozenset[str]().union(*(rule.data_categories for rule in rules))
    return sorted(destination.data_categories & by_rules if by_rules else destination.data_categories)


def state_figures(
    plan: Plan, categories: Sequence[Sequence[str]], finder: Finder, tally: summing.Tally
) -> Mapping[str, Any]:
    """Return what was found, in counts. It names nobody."""
    return {
        "people": tally.people,
        "strangers": tally.strangers,
        "erased": tally.erased,
        "without_identifier": tally.unreachable,
        "by_jurisdiction": dict(tally.by_jurisdiction.most_common()),
        "by_way": dict(tally.by_way),
        "channels": _state_channels(plan, categories, tally),
        "data_categories": sorted({one for some in categories for one in some}),
        "identifier_kinds": sorted(finder.kinds),
        "obligations": [
            {"kind": kind, "field": field, "value": value, "rows": rows}
            for (kind, field, value), rows in sorted(finder.obligations.items())
        ],
        "runs": [str(run.run_id) for run in plan.runs[:_RUNS_NAMED]],
        "run_count": len(plan.runs),
        "goes_on_to": list(plan.goes_on_to),
        "gaps": _state_gaps(plan, finder.gaps),
    }


def _state_channels(
    plan: Plan, categories: Sequence[Sequence[str]], tally: summing.Tally
) -> list[Mapping[str, Any]]:
    return [
        {
            "destination": one.destination,
            "purpose": one.purpose,
            "controller": one.controller,
            "data_categories": list(categories[place]),
            "people": tally.by_channel[place],
        }
        for place, one in enumerate(plan.channels)
    ]


def _state_gaps(plan: Plan, gaps: Gaps) -> Mapping[str, Any]:
    return {
        "evidence_gone": [str(one) for one in gaps.gone],
        "evidence_unreadable": [str(one) for one in gaps.unreadable],
        "evidence_unvouched": [str(one) for one in gaps.unvouched],
        "pages_unreadable": gaps.pages,
        "strangers_wiped": gaps.strangers_wiped,
        "people_unreadable": gaps.unreadable_people,
        "identifiers_of_nobody": gaps.nobody,
        "streams": plan.streams,
        **plan.unknown,
    }


def _estimate(plan: Plan) -> int:
    return plan.held + plan.left + (count_subjects() if plan.runs else 0)


def _forget_found(report: BreachReport) -> None:
    BreachPerson.objects.filter(report=report).delete()
