"""The consent rate over time, by purpose and jurisdiction, from daily counts."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

from activation.desk.home.addresses import address_of, count_of
from activation.desk.home.charts import draw_rate
from activation.desk.home.choice_counts import ByChoice, list_by_day, list_by_place
from activation.desk.home.counting import Counted, get_counted
from activation.desk.home.rates import BESIDE, MEANING, SAID_NO, SAID_YES, TOOK_BACK, Answers, sum_up
from activation.desk.home.types import Advice, Asked, Cell, Chart, Figure, Panel, Table
from consent.records.types import ANY_PURPOSE, Choice

PERMISSIONS = ("consent_records.view_consentrecord",)
USUAL = "30"
PERIODS = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "365 days"}
EVERYWHERE, UNKNOWN = "", "unknown"
MOST_ROWS = 12
_WEEKLY_FROM = 90
_LIST = "consent_records_consentrecord_changelist"
_Places = Mapping[tuple[str, str], ByChoice]


class RateForm(forms.Form):
    """Which counts to show."""

    purpose = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget)
    jurisdiction = forms.ChoiceField(label="Residence", required=False, widget=UnfoldAdminSelectWidget)
    period = forms.ChoiceField(
        label="Of the last", choices=list(PERIODS.items()), widget=UnfoldAdminSelectWidget
    )
    runs = forms.CharField(widget=forms.HiddenInput)  # what is chosen elsewhere on the page stays

    def __init__(self, view: "_View", places: _Places) -> None:
        initial = {
            "purpose": view.purpose,
            "jurisdiction": view.jurisdiction,
            "period": str(view.days),
            "runs": view.runs,
        }
        super().__init__(initial=initial, auto_id="home_%s")
        purposes = {purpose for purpose, _ in places} | {view.purpose} - {EVERYWHERE}
        known = {code or UNKNOWN for _, code in places} | {view.jurisdiction} - {EVERYWHERE}
        self.fields["purpose"].choices = _offer("all purposes", purposes)  # type: ignore[attr-defined]
        self.fields["jurisdiction"].choices = _offer("everywhere", known)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class _View:
    """What the address chooses. Whatever it does not name as it should is not chosen."""

    purpose: str
    jurisdiction: str
    days: int
    until: date
    runs: str
    """What is chosen for another panel, and stays."""

    @property
    def since(self) -> date:
        return self.until - timedelta(days=self.days - 1)

    @property
    def step(self) -> int:
        return 7 if self.days >= _WEEKLY_FROM else 1

    def begins(self) -> list[date]:
        return [self.since + timedelta(days=days) for days in range(0, self.days, self.step)]

    def listed(self, choices: Iterable[Choice], since: date, until: date, purpose: str = "") -> str:
        """Return the list of the choices that a number counts; none by residence: that is sealed."""
        if self.jurisdiction:
            return ""
        named = {"purpose__exact": purpose or self.purpose} if purpose or self.purpose else {}
        return address_of(
            _LIST,
            recorded_at__gte=_moment(since),
            recorded_at__lt=_moment(until + timedelta(days=1)),
            choice__in=",".join(sorted(choices)),
            **named,
        )


def lay_out(asked: Asked) -> Panel:
    """Return the panel."""
    view = _read(asked)
    places = list_by_place(since=view.since, until=view.until)
    days = list_by_day(
        since=view.since,
        until=view.until,
        purpose=view.purpose or None,
        jurisdiction={EVERYWHERE: None, UNKNOWN: ""}.get(view.jurisdiction, view.jurisdiction),
    )
    counted, spans = get_counted(), _gather(view, days)
    whole = sum_up(_add(days.values()))
    return Panel(
        key="consent",
        title="Consent rate",
        wide=True,
        sentence=f"{MEANING} {BESIDE}{_tell_behind(counted)}",
        fields=RateForm(view, places),
        figures=tuple(_list_figures(view, whole)),
        chart=_draw(view, spans, whole) if whole.asked else None,
        tables=(
            _by_name(view, places, 0, "By purpose"),
            _by_name(view, places, 1, "By residence when they chose"),
            _by_day(view, spans),
        )
        if days
        else (),
        advice=None if days else _advise(counted),
    )


def _read(asked: Asked) -> _View:
    period = asked.chosen.get("period", USUAL)
    return _View(
        purpose=asked.chosen.get("purpose", EVERYWHERE).replace("\0", "")[:128],
        jurisdiction=asked.chosen.get("jurisdiction", EVERYWHERE).replace("\0", "")[:16],
        days=int(period if period in PERIODS else USUAL),
        until=asked.at.astimezone(UTC).date(),
        runs=asked.chosen.get("runs", ""),
    )


def _offer(everything: str, names: Iterable[str]) -> list[tuple[str, str]]:
    return [(EVERYWHERE, everything), *((name, _say(name)) for name in sorted(names))]


def _say(name: str) -> str:
    return {ANY_PURPOSE: "* (every purpose)", UNKNOWN: "not on record"}.get(name, name)


def _gather(view: _View, days: Mapping[date, ByChoice]) -> Mapping[date, Answers]:
    found: defaultdict[date, list[ByChoice]] = defaultdict(list)
    for day, counts in days.items():
        begins = view.since + timedelta(days=(day - view.since).days // view.step * view.step)
        found[begins].append(counts)
    return {begins: sum_up(_add(found[begins])) for begins in view.begins()}


def _add(counts: Iterable[ByChoice]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return total


def _list_figures(view: _View, whole: Answers) -> Iterator[Figure]:
    span = (view.since, view.until)
    yield Figure("Consent rate", _percent(whole), view.listed(SAID_YES | SAID_NO, *span))
    yield count_of("Yes", whole.yes, view.listed(SAID_YES, *span))
    yield count_of("Refused or closed", whole.no, view.listed(SAID_NO, *span))
    yield count_of("Taken back or opted out", whole.taken_back, view.listed(TOOK_BACK, *span))


def _draw(view: _View, spans: Mapping[date, Answers], whole: Answers) -> Chart:
    return draw_rate(
        [f"{begins:%d %b}" for begins in spans],
        [answers.percent for answers in spans.values()],
        f"Line of the consent rate in the last {view.days} days, {_percent(whole)} in all. The table"
        " that follows says the same.",
    )


def _by_name(view: _View, places: _Places, part: int, caption: str) -> Table:
    grouped: defaultdict[str, list[ByChoice]] = defaultdict(list)
    for place, counts in places.items():
        chosen = (view.purpose, view.jurisdiction)[1 - part]
        if chosen in (EVERYWHERE, place[1 - part] or UNKNOWN):
            grouped[place[part] or UNKNOWN].append(counts)
    answers = {name: sum_up(_add(counts)) for name, counts in grouped.items()}
    ranked = sorted(answers.items(), key=lambda pair: (-pair[1].asked, pair[0]))
    field = ("purpose", "jurisdiction")[part]
    more = f" (the {MOST_ROWS} with most answers)" if len(ranked) > MOST_ROWS else ""
    return Table(
        caption=f"{caption}{more}",
        headers=(("Purpose", "Residence")[part], "Rate", "Yes", "Refused or closed", "Taken back"),
        rows=tuple(
            (Cell(_say(name), _choose(view, **{field: name})), *_numbers(one))
            for name, one in ranked[:MOST_ROWS]
        ),
    )


def _numbers(answers: Answers) -> Sequence[Cell]:
    texts = (_percent(answers), f"{answers.yes:,}", f"{answers.no:,}", f"{answers.taken_back:,}")
    return [Cell(text) for text in texts]


def _choose(view: _View, **chosen: str) -> str:
    """Return the page's own address, with one more thing chosen."""
    kept = {"purpose": view.purpose, "jurisdiction": view.jurisdiction, "period": str(view.days)}
    if view.runs:
        kept["runs"] = view.runs
    return f"{address_of('index', **{**kept, **chosen})}#consent"


def _by_day(view: _View, spans: Mapping[date, Answers]) -> Table:
    rows = []
    for begins, one in spans.items():
        last = min(begins + timedelta(days=view.step - 1), view.until)
        linked = zip(
            (f"{one.yes:,}", f"{one.no:,}", f"{one.taken_back:,}"),
            (SAID_YES, SAID_NO, TOOK_BACK),
            strict=True,
        )
        cells = (Cell(text, view.listed(choices, begins, last)) for text, choices in linked)
        rows.append((Cell(begins.isoformat()), Cell(_percent(one)), *cells))
    return Table(
        caption="The same as a table",
        headers=("Day" if view.step == 1 else "Week from", "Rate", "Yes", "Refused or closed", "Taken back"),
        rows=tuple(rows),
        folded=True,
    )


def _percent(answers: Answers) -> str:
    return "-" if answers.percent is None else f"{answers.percent:.1f} %"


def _tell_behind(counted: Counted) -> str:
    if not counted.behind:
        return ""
    return f" {counted.behind:,} entries of the ledger are not counted yet."


def _advise(counted: Counted) -> Advice:
    if counted.position == 0 and counted.behind:
        return Advice("Nothing was counted yet: have run_follower, or a worker, at work.")
    return Advice(
        "No choice was recorded in these days. Choices come in by the API, or as a file (import_consents)."
    )


def _moment(day: date) -> str:
    return datetime.combine(day, time.min, tzinfo=UTC).isoformat()
