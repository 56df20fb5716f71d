"""A standing audience as officers read it: its last runs, and how far it has drifted."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from activation.enforcement.standing.models import DriftReport, RunOrder, StandingAudience
from activation.enforcement.standing.types import Outlook, WorkStatus
from activation.enforcement.wording import tell_reason

MOST_RUNS = 10
_HEADERS = ("When", "Policy", "Could leave", "Sent, and may not be", "Why", "Denied then, and may be", "New")
_CELL = '<td class="px-3 py-2 align-top">{}</td>'


def name_officer(request: HttpRequest) -> str:
    """Return by what the ledger knows the officer who asks."""
    return f"officer {request.user.pk}"


def tell_progress(work: RunOrder | DriftReport) -> str:
    """Return how many rows are done, of how many if that is known."""
    if work.status == WorkStatus.QUEUED:
        return "-"
    total = f" of {work.rows_total:,}" if work.rows_total is not None else ""
    return f"{work.rows_done:,}{total} rows"


def show_runs(audience: StandingAudience) -> SafeString | str:
    """Return the audience's last runs, the latest first."""
    orders = RunOrder.objects.filter(audience=audience).order_by("-asked_at", "pk")[:MOST_RUNS]
    rows = [
        (
            reverse("admin:activation_enforcement_runorder_change", args=[order.pk]),
            f"{order.asked_at:%Y-%m-%d %H:%M}",
            order.status,
            tell_progress(order),
            order.error,
        )
        for order in orders
    ]
    listed = format_html_join("", '<li><a class="text-primary-600" href="{}">{}</a> {}: {} {}</li>', rows)
    return format_html("<ul>{}</ul>", listed) if rows else "none yet"


def show_drift(audience: StandingAudience) -> SafeString | str:
    """Return what was last found out about the audience's drift, and whether it is being found out now."""
    reports = DriftReport.objects.filter(audience=audience)
    newest = reports.order_by("-asked_at", "pk").first()
    if newest is None:
        return "not measured yet"
    notes = [] if newest.status == WorkStatus.COMPLETED else [_note(newest)]
    last = reports.filter(status=WorkStatus.COMPLETED).order_by("-measured_at", "pk").first()
    return format_html("{}{}", "".join(notes), _figures(last) if last else "")


def _note(report: DriftReport) -> str:
    return f"Last measuring: {report.status}, {tell_progress(report)}. {report.error} "


def _figures(report: DriftReport) -> SafeString:
    heading = (
        f"Measured {report.measured_at:%Y-%m-%d %H:%M} UTC against run {report.run_id}: {report.sent:,}"
        f" identifiers were sent, of which {report.left_the_list:,} are in the list no more."
    )
    headers = format_html_join("", '<th class="px-3 py-2 text-left">{}</th>', ((one,) for one in _HEADERS))
    rows = format_html_join("", "<tr>{}</tr>", ((_row(one),) for one in report.outlooks))
    return format_html("<p>{}</p><table><thead><tr>{}</tr></thead>{}</table>", heading, headers, rows)


def _row(outlook: Mapping[str, Any]) -> SafeString:
    reasons = format_html_join(
        "",
        "<div>{}: {}</div>",
        ((f"{count:,}", tell_reason(name)) for name, count in outlook["wrong_by_reason"].items()),
    )
    cells = (
        _when(outlook),
        outlook["policy_version"] or "none",
        f"{outlook['rows_allowed']:,} of {outlook['rows_allowed'] + outlook['rows_denied']:,} rows",
        f"{outlook['wrong']:,}",
        reasons or "-",
        f"{outlook['regained']:,}",
        f"{outlook['new']:,}",
    )
    return format_html_join("", _CELL, ((cell,) for cell in cells))


def _when(outlook: Mapping[str, Any]) -> str:
    day = outlook["at"][:16].replace("T", " ")
    if outlook["outlook"] == Outlook.NOW:
        return "When it was measured"
    if outlook["outlook"] == Outlook.APPROVED:
        return "If the approved policy took effect now"
    return f"{day}: policy takes effect" if outlook["outlook"] == Outlook.POLICY else f"{day}: by then"
