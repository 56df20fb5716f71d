"""The pages of figures, and their files."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import ModelAdmin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from consent.requests.admin.access import insist
from consent.requests.admin.case.page import answer_page
from consent.requests.admin.figures.asking import CaliforniaForm, FiguresForm, SummaryForm
from consent.requests.admin.words import say, say_type
from consent.requests.figures.making import make_california_figures, make_summary
from consent.requests.figures.types import (
    CaliforniaFigures,
    Duration,
    GroundCount,
    SummaryFigures,
    SummaryRow,
)
from consent.requests.figures.writing import Figures, write_csv, write_json
from consent.requests.models import Request

FORMS = {"csv": (write_csv, "text/csv; charset=utf-8"), "json": (write_json, "application/json")}
Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of figures: what is asked, and how they are made and laid out."""

    title: str
    source: str
    form: type[FiguresForm]
    usual: Callable[[date], Mapping[str, str]]
    """What is shown if nothing was asked, by the day."""
    make: Callable[..., Figures]
    tables: Callable[[Any], Iterator[Table]]


def show(admin: "ModelAdmin[Request]", request: HttpRequest, kind: str) -> HttpResponse:
    """Answer with a page of figures, or with the file that `form` asks for."""
    insist(request)
    found = KINDS.get(kind)
    if found is None:
        raise Http404
    asked = {**found.usual(timezone.now().date()), **request.GET.dict()}
    form = found.form(asked)
    figures = found.make(**form.asked(), at=timezone.now()) if form.is_valid() else None
    if (ending := request.GET.get("form")) is not None:
        return _hand_out(figures, ending, kind)
    return answer_page(
        admin,
        request,
        "admin/requests/figures.html",
        title=found.title,
        source=found.source,
        form=form,
        figures=figures,
        tables=list(found.tables(figures)) if figures else [],
        definitions=[(say(one.figure), one.meaning) for one in figures.definitions] if figures else [],
        files=[(ending.upper(), _address(kind, {**asked, "form": ending})) for ending in FORMS],
        kind=kind,
    )


def _hand_out(figures: Figures | None, ending: str, kind: str) -> HttpResponse:
    if ending not in FORMS:
        raise Http404
    if figures is None:
        words = "The figures that were asked for are not clear: mend the form.\n"
        return HttpResponse(words, status=422, content_type="text/plain; charset=utf-8")
    write, media_type = FORMS[ending]
    headers = {
        "Content-Disposition": f'attachment; filename="request-figures-{kind}.{ending}"',
        "Cache-Control": "no-store",
    }
    return HttpResponse(write(figures), content_type=media_type, headers=headers)


def _address(kind: str, asked: Mapping[str, str]) -> str:
    page = reverse("admin:consent_requests_request_figures", args=[kind])
    return f"{page}?{urlencode(asked)}" if asked else page


def _lay_out_california(figures: CaliforniaFigures) -> Iterator[Table]:
    yield {
        "title": f"Requests received in {figures.year}",
        "headers": [
            "Request to",
            "Received",
            "Complied with",
            "of these in part",
            "Denied",
            "Never verified",
            "Taken back",
            "Pending",
            "Median days",
            "Mean days",
        ],
        "rows": [
            [
                row.kind,
                *_numbers(row.received, row.complied, row.complied_in_part, row.denied),
                *_numbers(row.never_verified, row.taken_back, row.pending),
                *_days(row.duration),
            ]
            for row in figures.rows
        ],
    }
    yield _grounds("Denied, by ground", {row.kind: row.denied_by_ground for row in figures.rows})


def _lay_out_summary(figures: SummaryFigures) -> Iterator[Table]:
    by_type = {say_type(row.name): row for row in figures.by_type}
    yield _summary("By type", "Request to", {**by_type, "all": figures.total})
    yield _grounds("Refused, by ground", {name: row.refused_by_ground for name, row in by_type.items()})
    yield _summary(
        "By the controller that was asked", "Controller", {row.name: row for row in figures.by_controller}
    )
    places = {row.name or "to be decided": row for row in figures.by_jurisdiction}
    yield _summary("By whose law applies", "Jurisdiction", places)


def _summary(title: str, of: str, rows: Mapping[str, SummaryRow]) -> Table:
    return {
        "title": title,
        "headers": [
            of,
            "Received",
            "Closed",
            "Fulfilled",
            "in part",
            "Refused",
            "In time",
            "Late",
            "Extended",
            "Expired",
            "Cancelled",
            "Pending",
            "of these overdue",
            "Median days",
            "Mean days",
        ],
        "rows": [
            [
                name,
                *_numbers(row.received, row.closed, row.fulfilled, row.partly_fulfilled, row.refused),
                *_numbers(row.in_time, row.late, row.extended, row.expired, row.cancelled),
                *_numbers(row.pending, row.pending_overdue),
                *_days(row.duration),
            ]
            for name, row in rows.items()
        ],
    }


def _grounds(title: str, rows: Mapping[str, tuple[GroundCount, ...]]) -> Table:
    told = [
        [name, say(one.ground.value), f"{one.count:,}"] for name, counts in rows.items() for one in counts
    ]
    return {"title": title, "headers": ["Request to", "Ground", "Requests"], "rows": told}


def _numbers(*counts: int) -> Iterator[str]:
    return (f"{count:,}" for count in counts)


def _days(duration: Duration) -> tuple[str, str]:
    shown = (duration.median_days, duration.mean_days)
    median, mean = ("-" if one is None else f"{one:,.1f}" for one in shown)
    return median, mean


def _last_year(today: date) -> Mapping[str, str]:
    return {"year": str(today.year - 1)}


def _last_month(today: date) -> Mapping[str, str]:
    last = today.replace(day=1) - timedelta(days=1)
    return {"since": f"{last:%Y-%m}-01", "last": last.isoformat()}


KINDS: Mapping[str, Kind] = {
    "california": Kind(
        "Figures for California",
        "11 CCR 7102(a): published by 1 July of each year by businesses that handle the personal information"
        " of 10,000,000 consumers or more in a calendar year.",
        CaliforniaForm,
        _last_year,
        make_california_figures,
        _lay_out_california,
    ),
    "summary": Kind(
        "Summary by period",
        "For supervisory authorities and management (GDPR Art. 5(2) and 24: being able to show it). No law"
        " sets its form.",
        SummaryForm,
        _last_month,
        make_summary,
        _lay_out_summary,
    ),
}
