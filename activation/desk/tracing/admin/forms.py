"""What officers fill in for a trace, and to choose runs."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from activation.desk.tracing.traces import MAX_REASON
from activation.desk.tracing.types import ACCESS_WORDS, Access
from activation.enforcement.presence.queries import list_run_terms
from activation.enforcement.presence.types import Cursor, RunFilter
from consent.subjects.types import SUBJECT_REF, Identifier, IdentifierKind, SubjectRef

_KINDS = [(kind.value, kind.value.replace("_", " ")) for kind in IdentifierKind]
_BEHIND = re.compile(r"(?P<at>\d{1,17})-(?P<run>[0-9a-f]{32})", re.ASCII)
_START = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class DayWidget(UnfoldAdminTextInputWidget):  # type: ignore[misc]  # unfold has no types
    """Asks for a day, as the browser does."""

    input_type = "date"


class TraceForm(forms.Form):
    """Whom to trace, and why."""

    kind = forms.ChoiceField(
        label="Known by",
        choices=[*_KINDS, (SUBJECT_REF, "reference (pseudonym)")],
        widget=UnfoldAdminSelectWidget,
    )
    value = forms.CharField(
        label="Value",
        max_length=300,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="It is sealed with the trace, and is in no address, log or message.",
    )
    access = forms.ChoiceField(
        label="Looked up for",
        choices=[(one.value, words) for one, words in ACCESS_WORDS.items()],
        widget=UnfoldAdminSelectWidget,
    )
    reason = forms.CharField(
        label="Reason",
        max_length=MAX_REASON,
        widget=UnfoldAdminTextInputWidget,
        help_text="Such as the number of the request. No personal data: it stays on record, in clear.",
    )

    def asked(self) -> dict[str, Any]:
        """Return what a valid form asks for, as `begin_trace` takes it."""
        kind, value = self.cleaned_data["kind"], self.cleaned_data["value"]
        who: dict[str, Any] = (
            {"ref": SubjectRef(value.strip())}
            if kind == SUBJECT_REF
            else {"identifier": Identifier(IdentifierKind(kind), value)}
        )
        return {**who, "access": Access(self.cleaned_data["access"]), "reason": self.cleaned_data["reason"]}


class RunFilterForm(forms.Form):
    """Which runs to show. It goes in the address: it names nobody."""

    purpose = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget)
    destination = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget)
    since = forms.DateField(label="From (UTC)", required=False, widget=DayWidget)
    until = forms.DateField(label="Before (UTC)", required=False, widget=DayWidget)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, slugs in zip(("purpose", "destination"), list_run_terms(), strict=True):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
            field.choices = [("", "all"), *((slug, slug) for slug in slugs)]

    def wanted(self) -> RunFilter:
        """Return the runs that a valid form asks for."""
        asked = self.cleaned_data
        since, until = (
            datetime.combine(asked[name], time(), UTC) if asked[name] else None for name in ("since", "until")
        )
        return RunFilter(
            purpose=asked["purpose"] or None,
            destination=asked["destination"] or None,
            since=since,
            until=until,
        )


def write_behind(cursor: Cursor) -> str:
    """Return a place between pages as it stands in an address."""
    return f"{(cursor.started_at - _START) // _MICROSECOND}-{cursor.run_id.hex}"


def read_behind(text: str | None) -> Cursor | None:
    """Return the place; None, the beginning, for whatever is none."""
    found = _BEHIND.fullmatch(text or "")
    if found is None:
        return None
    try:
        return Cursor(_START + int(found["at"]) * _MICROSECOND, UUID(hex=found["run"]))
    except OverflowError:
        return None
