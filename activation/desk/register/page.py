"""The admin's page of the register: what is asked, and how it is laid out."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.paginator import Page, Paginator
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget

from activation.desk.register.layout import WEIGHTS, lay_out_entry
from activation.desk.register.types import Difference, DifferenceKind, Entry, ProcessingRegister

PAGE = "admin:activation_desk_registerofprocessing_changelist"
NOTE = "admin:activation_desk_registernote_add"
PER_PAGE = 25
MOST_DIFFERENCES = 50
ANY = ("", "any")
Table = Mapping[str, Any]


class RegisterForm(forms.Form):
    """Which entries to show, and as of when."""

    purpose = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget)
    controller = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget)
    legal_basis = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget)
    destination = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget)
    at = forms.DateField(
        label="At the end of",
        required=False,
        widget=UnfoldAdminDateWidget,
        input_formats=["%Y-%m-%d"],
        help_text="A day (UTC), such as 2026-01-31. Empty: now.",
    )

    def offer(self, register: ProcessingRegister) -> None:
        """Offer what the register's entries and differences name."""
        entries, differences = register.entries, register.differences
        self._offer(
            "purpose", [*(one.purpose.slug for one in entries), *(one.purpose for one in differences)]
        )
        self._offer(
            "controller",
            [*(one.controller.slug for one in entries), *(one.controller for one in differences)],
        )
        self._offer("legal_basis", [ground.legal_basis for one in entries for ground in one.grounds])
        self._offer(
            "destination",
            [
                *(recipient.slug for one in entries for recipient in one.recipients),
                *(one.destination for one in differences),
            ],
        )

    def _offer(self, name: str, slugs: Iterable[str]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [ANY, *((slug, slug) for slug in sorted(set(slugs)) if slug)]


def read_day(text: str, *, now: datetime) -> datetime:
    """Return the end of the day that `text` names, and `now` if that is not over, or no day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return now
    if day >= now.date():
        return now
    return datetime.combine(day + timedelta(days=1), time.min, UTC) - timedelta(microseconds=1)


def keep_entries(register: ProcessingRegister, asked: Mapping[str, str]) -> list[Entry]:
    """Return the entries that are asked for."""

    def fits(name: str, values: Iterable[str]) -> bool:
        return not asked.get(name) or asked[name] in values

    return [
        one
        for one in register.entries
        if fits("purpose", [one.purpose.slug])
        and fits("controller", [one.controller.slug])
        and fits("legal_basis", [ground.legal_basis for ground in one.grounds])
        and fits("destination", [recipient.slug for recipient in one.recipients])
    ]


def keep_differences(register: ProcessingRegister, asked: Mapping[str, str]) -> list[Difference]:
    """Return the differences that are asked for, and those that belong to no entry alone."""
    names = ("purpose", "controller", "destination")
    return [
        one
        for one in register.differences
        if all(not asked.get(name) or getattr(one, name) in {"", asked[name]} for name in names)
    ]


def paginate(entries: list[Entry], number: str | None) -> "Page[Entry]":
    """Return one page of the entries; the first or last for a number that is none of them."""
    return Paginator(entries, PER_PAGE).get_page(number)


def table_of_differences(differences: list[Difference], radar: str | None) -> Table:
    """Return the differences as a table, with links to where one goes on."""
    return {
        "headers": ["How soon", "What was found", "What to do"],
        "rows": [
            [WEIGHTS[one.weight], one.words, _advise(one, radar)] for one in differences[:MOST_DIFFERENCES]
        ],
    }


def table_of_entries(
    entries: Iterable[Entry], differences: list[Difference], asked: Mapping[str, str]
) -> Table:
    """Return the entries as a table; each title leads to the whole entry."""
    counted: dict[str, int] = {}
    for one in differences:
        counted[one.reference] = counted.get(one.reference, 0) + 1
    return {
        "headers": ["Purpose", "Controller", "Legal basis", "Recipients", "To fill in", "Differences"],
        "rows": [
            [
                _link(_address(asked, entry=one.reference), one.purpose.title),
                one.controller.name,
                ", ".join(sorted({ground.legal_basis.replace("_", " ") for ground in one.grounds})),
                ", ".join(recipient.name for recipient in one.recipients) or "-",
                f"{len(one.gaps):,}",
                f"{counted.get(one.reference, 0):,}",
            ]
            for one in entries
        ],
    }


def describe_entry(entry: Entry, differences: list[Difference], *, may_write: bool) -> Mapping[str, Any]:
    """Return one entry in full; whoever may write notes gets a link beside each thing that a note can say."""
    section = lay_out_entry(entry, differences)
    fields = [
        (
            field.label,
            [
                (line.text, line.gap, _note(line.place) if may_write and line.place else "")
                for line in field.lines
            ],
        )
        for field in section.fields
    ]
    return {"title": section.title, "fields": fields}


def address_of_page(asked: Mapping[str, str], **more: str | int) -> str:
    """Return the page's address with what is asked, and more."""
    return _address(asked, **more)


def _address(asked: Mapping[str, str], **more: str | int) -> str:
    query = {**asked, **more}
    return f"{reverse(PAGE)}?{urlencode(query)}" if query else reverse(PAGE)


def _note(place: str) -> str:
    return f"{reverse(NOTE)}?{urlencode({'place': place})}"


def _advise(one: Difference, radar: str | None) -> SafeString | str:
    if one.kind is DifferenceKind.UNGATED_PATHS and radar:
        return format_html(
            '{} <a class="text-primary-600 underline" href="{}">Ungated paths</a>', one.advice, radar
        )
    return one.advice


def _link(address: str, text: str) -> SafeString:
    return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', address, text)
