"""A breach report as officers read it: the clock, the counts, and what is not known."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from activation.desk.tracing.models import BreachReport
from activation.desk.tracing.types import NOTIFY_WITHIN, BreachScope, JobState, Way

Table = Mapping[str, Any]
_HOUR = timedelta(hours=1)
_RUNS_SHOWN = 50

WAY_WORDS: Mapping[str, str] = {
    Way.HELD.value: "held by the destination now",
    Way.TAKEN_OUT.value: "taken out since the breach began, or still to be taken out",
    Way.SENT.value: "in rows that a run let leave",
    Way.READ.value: "in rows that a run read, and let none of leave",
}


def tell_clock(report: BreachReport, now: datetime) -> tuple[str, bool]:
    """Return how the 72 hours stand, and whether they are over."""
    due = report.known_at + NOTIFY_WITHIN
    left = due - now
    if left < timedelta():
        return f"over since {due:%Y-%m-%d %H:%M} UTC, {-left // _HOUR} hours ago", True
    return f"{left // _HOUR} hours left, until {due:%Y-%m-%d %H:%M} UTC", False


def describe_report(report: BreachReport, now: datetime) -> dict[str, Any]:
    """Return what the report's page shows."""
    clock, is_over = tell_clock(report, now)
    figures = report.figures
    return {
        "clock": clock,
        "clock_is_over": is_over,
        "picture": find_picture(report),
        "facts": list(_facts(report)),
        **(_describe_figures(figures) if figures else {}),
    }


def find_picture(report: BreachReport) -> str:
    """Return the address of the picture of what is downstream of the dataset; nothing if there is none."""
    if report.scope != BreachScope.DATASET:
        return ""
    try:
        page = reverse("admin:activation_desk_lineage_changelist")
    except NoReverseMatch:
        return ""
    return f"{page}?{urlencode({'focus': report.name, 'direction': 'downstream'})}"


def _facts(report: BreachReport) -> Iterator[tuple[str, str]]:
    yield f"{report.scope.capitalize()}", report.label or report.name
    yield "Open", f"{report.since:%Y-%m-%d %H:%M} to {report.until:%Y-%m-%d %H:%M} UTC"
    yield "Became known", f"{report.known_at:%Y-%m-%d %H:%M} UTC"
    yield "What happened", report.reason
    yield "Report opened", f"{report.requested_at:%Y-%m-%d %H:%M} UTC by {report.officer}"


def _describe_figures(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "headlines": [
            ("People", f"{figures['people'] + figures['strangers']:,}"),
            ("Jurisdictions", f"{len([one for one in figures['by_jurisdiction'] if one != 'unknown']):,}"),
            ("Data categories", f"{len(figures['data_categories']):,}"),
            ("Runs looked at", f"{figures['run_count']:,}"),
        ],
        "notes": list(_notes(figures)),
        "tables": [
            _table("Jurisdictions", ["Residence, or else location", "People"], figures["by_jurisdiction"]),
            _channels(figures),
            _table("How they were reached", ["How", "People"], _by_way(figures)),
            _obligations(figures),
        ],
        "gaps": list(_gaps(figures)),
        "runs": _runs(figures),
    }


def _notes(figures: Mapping[str, Any]) -> Iterator[str]:
    categories = ", ".join(figures["data_categories"])
    yield f"Data categories: {categories}." if categories else "Data categories: none is known; look into it."
    if kinds := figures["identifier_kinds"]:
        yield f"They were named by: {', '.join(kinds).replace('_', ' ')}."
    if figures["strangers"]:
        yield (
            f"{figures['strangers']:,} of the people are on no record of ours: the list has what the"
            " destination was told of them."
        )
    if figures["without_identifier"]:
        yield (
            f"Of {figures['without_identifier']:,} people no identifier can be read: the list has their"
            " references alone."
        )
    if figures["erased"]:
        yield (
            f"{figures['erased']:,} more people are erased since. They are counted here alone: their"
            " identifiers are gone, so no list can name them."
        )
    if figures["goes_on_to"]:
        places = ", ".join(figures["goes_on_to"])
        yield f"Data of it goes on to: {places}. Who is held there is not looked at."


def _gaps(figures: Mapping[str, Any]) -> Iterator[str]:
    """Yield what could not be looked at, in sentences."""
    gaps = figures["gaps"]
    for name, words in _GAP_WORDS.items():
        found = gaps.get(name, 0)
        count = found if isinstance(found, int) else len(found)
        if count:
            yield words.format(count=f"{count:,}")


_GAP_WORDS: Mapping[str, str] = {
    "evidence_gone": (
        "Of {count} runs the evidence is not there any more: whom they alone sent is not counted."
    ),
    "evidence_unreadable": (
        "Of {count} runs the evidence does not hold what they wrote: restore it, and make the report again."
    ),
    "evidence_unvouched": "The evidence of {count} runs was read, but no manifest vouches for it.",
    "pages_unreadable": (
        "{count} pages of what the destination holds do not open: whom they name is not counted."
    ),
    "strangers_wiped": (
        "{count} strangers were taken out since, and what they were called is wiped: they are not counted."
    ),
    "people_unreadable": (
        "Identifiers of {count} people on record do not open: they were not looked up in runs."
    ),
    "identifiers_of_nobody": (
        "{count} identifiers in the evidence lead to nobody on record now: of strangers or of people who are"
        " erased, or further ones of people who were found by others."
    ),
    "streams": (
        "{count} runs of streams read or wrote it. They leave no evidence: report a breach of the"
        " destinations that they write to, too."
    ),
    "events_unread": (
        "{count} lineage events wait, or are parked, and may speak of it: look at them, and make the report"
        " again."
    ),
    "runs_forgotten": (
        "The period begins before what lineage keeps of runs: what read or wrote it earlier is not counted."
    ),
    "downstream_cut": "There is more downstream of it than can be gone through: what is farther is missing.",
}


def _channels(figures: Mapping[str, Any]) -> Table:
    rows = [
        [
            one["destination"],
            one["purpose"],
            one["controller"],
            ", ".join(one["data_categories"]) or "-",
            f"{one['people']:,}",
        ]
        for one in figures["channels"]
    ]
    return {
        "title": "Purposes",
        "headers": ["Destination", "Purpose", "For", "Data categories", "People"],
        "rows": rows,
    }


def _obligations(figures: Mapping[str, Any]) -> Table:
    rows = [
        [one["kind"], one["field"], one["value"] or "-", f"{one['rows']:,}"] for one in figures["obligations"]
    ]
    return {
        "title": "Obligations applied to what left",
        "headers": ["What", "Column", "Value", "Rows"],
        "rows": rows,
    }


def _by_way(figures: Mapping[str, Any]) -> Mapping[str, int]:
    return {WAY_WORDS[way]: people for way, people in figures["by_way"].items()}


def _table(title: str, headers: Sequence[str], counts: Mapping[str, int]) -> Table:
    largest_first = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return {"title": title, "headers": headers, "rows": [[name, f"{n:,}"] for name, n in largest_first]}


def _runs(figures: Mapping[str, Any]) -> SafeString | str:
    shown = figures["runs"][:_RUNS_SHOWN]
    links = (
        (reverse("admin:activation_enforcement_enforcementrun_change", args=[run]), run[:8]) for run in shown
    )
    told = format_html_join(", ", '<a href="{}" class="text-primary-600">{}</a>', links)
    more = figures["run_count"] - len(shown)
    return format_html("{} and {} more", told, more) if more > 0 else told


def offered_steps(
    report: BreachReport, *, officer_id: int, may_manage: bool, may_open: bool
) -> list[tuple[str, str]]:
    """Return what the officer can do on the page: the end of the address, and the words on the button."""
    if report.is_unfinished:
        return [("cancel", "Stop")] if may_manage else []
    steps = []
    if may_manage and report.status != JobState.COMPLETED and not report.destroyed_at:
        steps.append(("again", "Work it out again"))
    if report.status == JobState.COMPLETED and not report.destroyed_at:
        steps += list(_list_steps(report, officer_id)) if may_open else []
        steps += [("destroy", "Destroy the list")] if may_manage else []
    return steps


def _list_steps(report: BreachReport, officer_id: int) -> Iterator[tuple[str, str]]:
    asked_by = report.opening_asked_by_id
    if asked_by == officer_id and report.opening_approved_by_id:
        yield "list", "Download the list"
    elif asked_by != officer_id:
        yield "ask", "Ask for the list"
        if asked_by and not report.opening_approved_by_id:
            yield "approve", "Approve that it is opened"


def tell_opening(report: BreachReport) -> str:
    """Return how far the opening of the list is."""
    if report.destroyed_at:
        return f"The list was destroyed at {report.destroyed_at:%Y-%m-%d %H:%M} UTC."
    if report.status != JobState.COMPLETED:
        return "There is no list yet."
    told = f"The list is sealed, and is destroyed at {report.expires_at:%Y-%m-%d %H:%M} UTC."
    if report.opening_asked_by is None:
        return f"{told} Nobody has asked for it: one officer asks, another approves."
    told += f" {report.opening_asked_by} asked for it at {report.opening_asked_at:%Y-%m-%d %H:%M} UTC"
    if report.opening_approved_by is None:
        return f"{told}; another officer has to approve."
    return f"{told}, and {report.opening_approved_by} approved."
