"""Enforcement runs: what they let out and why they denied, in the last day or the last week."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

from activation.desk.home.addresses import address_of, count_of, say_count
from activation.desk.home.charts import stack
from activation.desk.home.types import Advice, Asked, Cell, Chart, Figure, Need, Panel, Table, Tone
from activation.enforcement.recent import ALLOWED, Unit, count_runs, list_decided
from activation.enforcement.types import RunStatus

PERMISSIONS = ("activation_enforcement.view_enforcementrun",)
DAY, WEEK = "day", "week"
MOST_REASONS = 5
OTHERS = "other reasons"
_LIST = "activation_enforcement_enforcementrun_changelist"
_WENT_WRONG = (RunStatus.FAILED, RunStatus.ABANDONED)
_Rows = Mapping[datetime, Mapping[str, int]]


class RunsForm(forms.Form):
    """Which span of time to show."""

    runs = forms.ChoiceField(
        label="Runs of the last",
        choices=[(DAY, "24 hours"), (WEEK, "7 days")],
        widget=UnfoldAdminSelectWidget,
        required=False,
    )
    purpose, jurisdiction, period = (forms.CharField(widget=forms.HiddenInput) for _ in range(3))
    """What is chosen elsewhere on the page stays."""


@dataclass(frozen=True, slots=True)
class _Span:
    words: str
    unit: Unit
    step: timedelta
    begins: Sequence[datetime]

    def label(self, begins_at: datetime) -> str:
        return f"{begins_at:%H:%M}" if self.unit is Unit.HOUR else f"{begins_at:%d %b}"


def lay_out(asked: Asked) -> Panel:
    """Return the panel."""
    chosen = WEEK if asked.chosen.get("runs") == WEEK else DAY
    span, today = _cut(chosen, asked.at), _cut(DAY, asked.at)
    since, fresh = span.begins[0], today.begins[0]
    runs, recent = count_runs(since=since), count_runs(since=fresh)
    decided = list_decided(since=since, unit=span.unit)
    totals = _sum(decided)
    failed = sum(recent.get(status, 0) for status in _WENT_WRONG)
    return Panel(
        key="runs",
        title="Enforcement runs",
        address=address_of(_LIST),
        wide=True,
        sentence=f"Rows that runs decided in the last {span.words}, by when the run began (UTC).",
        fields=RunsForm(initial={**asked.chosen, "runs": chosen}, auto_id="runs_%s"),
        figures=tuple(_list_figures(runs, totals, since)),
        chart=_draw(decided, totals, span) if totals else None,
        tables=(_tabulate(totals, since), _unfold(decided, totals, span)) if totals else (),
        needs=(_need(failed, fresh),) if failed else (),
        advice=None if runs else Advice(f"No run began in the last {span.words}."),
    )


def _cut(chosen: str, at: datetime) -> _Span:
    """Return the whole hours or days that end with the present one."""
    if chosen == WEEK:
        begin = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        days = [begin - timedelta(days=back) for back in range(6, -1, -1)]
        return _Span("7 days", Unit.DAY, timedelta(days=1), days)
    begin = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [begin - timedelta(hours=back) for back in range(23, -1, -1)]
    return _Span("24 hours", Unit.HOUR, timedelta(hours=1), hours)


def _need(failed: int, since: datetime) -> Need:
    words = say_count(failed, "run failed in the last 24 hours", "runs failed in the last 24 hours")
    return Need(words, _listed(since, *_WENT_WRONG))


def _list_figures(runs: Mapping[RunStatus, int], totals: Counter[str], since: datetime) -> Iterator[Figure]:
    completed, failed = runs.get(RunStatus.COMPLETED, 0), sum(runs.get(one, 0) for one in _WENT_WRONG)
    done = _listed(since, RunStatus.COMPLETED)
    yield count_of("Completed runs", completed, done)
    yield count_of("Failed runs", failed, _listed(since, *_WENT_WRONG), tone=Tone.WRONG)
    yield count_of("Running", runs.get(RunStatus.RUNNING, 0), _listed(since, RunStatus.RUNNING))
    yield count_of("Rows allowed", totals[ALLOWED], done)
    yield count_of("Rows denied", totals.total() - totals[ALLOWED], done)


def _listed(since: datetime, *statuses: RunStatus) -> str:
    return address_of(_LIST, started_at__gte=since.isoformat(), status__in=",".join(statuses))


def _sum(decided: _Rows) -> Counter[str]:
    totals: Counter[str] = Counter()
    for counts in decided.values():
        totals.update(counts)
    return totals


def _reasons(totals: Counter[str]) -> list[str]:
    """Return the reasons that rows were denied for, the most frequent first."""
    ranked = sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))
    return [reason for reason, count in ranked if reason != ALLOWED and count]


def _series(decided: _Rows, totals: Counter[str], span: _Span) -> Mapping[str, list[int]]:
    """Return the counts of each reason in each span; of those beyond `MOST_REASONS`, together."""
    reasons = _reasons(totals)
    shown, rest = reasons[:MOST_REASONS], reasons[MOST_REASONS:]
    series = {say(one): [decided.get(at, {}).get(one, 0) for at in span.begins] for one in shown}
    if rest:
        series[OTHERS] = [sum(decided.get(at, {}).get(one, 0) for one in rest) for at in span.begins]
    return series


def _allowed(decided: _Rows, span: _Span) -> list[int]:
    return [decided.get(at, {}).get(ALLOWED, 0) for at in span.begins]


def _draw(decided: _Rows, totals: Counter[str], span: _Span) -> Chart:
    denied = totals.total() - totals[ALLOWED]
    return stack(
        [span.label(at) for at in span.begins],
        _allowed(decided, span),
        _series(decided, totals, span),
        f"Bars of the last {span.words}: {totals[ALLOWED]:,} rows allowed and {denied:,} denied. The tables"
        " that follow say the same.",
    )


def _tabulate(totals: Counter[str], since: datetime) -> Table:
    done = _listed(since, RunStatus.COMPLETED)
    return Table(
        caption="Why rows were denied",
        headers=("Reason", "Rows"),
        rows=tuple((Cell(say(one)), Cell(f"{totals[one]:,}", done)) for one in _reasons(totals)),
    )


def _unfold(decided: _Rows, totals: Counter[str], span: _Span) -> Table:
    series = _series(decided, totals, span)
    allowed = _allowed(decided, span)
    rows = []
    for place, at in enumerate(span.begins):
        numbers = [allowed[place], *(counts[place] for counts in series.values())]
        if any(numbers):
            ends = (at + span.step).isoformat()
            listed = address_of(
                _LIST,
                started_at__gte=at.isoformat(),
                started_at__lt=ends,
                status__in=RunStatus.COMPLETED.value,
            )
            rows.append((Cell(span.label(at), listed), *(Cell(f"{one:,}") for one in numbers)))
    return Table(
        caption="The same as a table", headers=("Began", "Allowed", *series), rows=tuple(rows), folded=True
    )


def say(reason: str) -> str:
    """Return a reason as people read it."""
    return reason.replace("_", " ")
