"""Ungated paths: ways from personal data to the outside that no gate stands on, and what to do about each."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
)

from activation.desk.lineage import services
from activation.desk.lineage.addresses import address_of, address_of_node
from activation.desk.lineage.naming import PATH_KINDS, describe_kind, describe_marks, shorten, show
from activation.enforcement.standing.admin.page import name_officer
from activation.enforcement.suppression.admin.wording import tell_duration
from lineage.errors import LineageError
from lineage.graph import queries
from lineage.graph.types import Node, PathKind, PathPage, UngatedPath

A_PAGE = 20
LONGEST_KNOWN = timedelta(days=365)


class PathsForm(forms.Form):
    """Which paths to list."""

    kind = forms.ChoiceField(
        label="What is wrong",
        required=False,
        choices=[("", "any"), *((kind.value, words) for kind, words in PATH_KINDS.items())],
        widget=UnfoldAdminSelectWidget,
    )
    after = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)


class KnownForm(forms.Form):
    """Why a path may stay for now, and until when."""

    path = forms.CharField(max_length=500, widget=forms.HiddenInput)
    reason = forms.CharField(max_length=1000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}))
    until = forms.DateField(
        widget=UnfoldAdminSingleDateWidget(attrs={"type": "date"}),
        help_text="From that day on it counts again. At most a year from now.",
    )

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today

    def clean_until(self) -> date:
        """Return the day.

        :raises forms.ValidationError: if it is not ahead, or too far.
        """
        until: date = self.cleaned_data["until"]
        if not self.today < until <= self.today + LONGEST_KNOWN:
            raise forms.ValidationError("Choose a day after today, and within a year.")
        return until


def show_paths(request: HttpRequest, *, at: datetime) -> tuple[str, Mapping[str, Any]] | HttpResponseBase:
    """Return the list; on POST, note one path as known and come back to the list."""
    known = KnownForm(request.POST, today=at.date()) if request.method == "POST" else None
    if known is not None and known.is_valid():
        return _note(request, known, at)
    form = PathsForm(request.GET)
    form.is_valid()
    asked = {name: value for name, value in form.cleaned_data.items() if value}
    kind = PathKind(asked["kind"]) if "kind" in asked else None
    page = _list_paths(kind, asked.get("after"))
    return "radar", {
        "title": "Ungated paths",
        "form": form,
        "is_filtered": bool(asked),
        "paths": [_describe(path, known, at) for path in page.paths],
        "next_page": address_of("radar", kind=kind, after=page.next) if page.next else None,
    }


def _list_paths(kind: PathKind | None, after: str | None) -> PathPage:
    try:
        return queries.list_ungated_paths(kind=kind, after=after, limit=A_PAGE)
    except LineageError:  # the address was changed by hand: begin anew
        return queries.list_ungated_paths(kind=kind, after=None, limit=A_PAGE)


def _note(request: HttpRequest, known: KnownForm, at: datetime) -> HttpResponseBase:
    try:
        services.note_path(
            path=known.cleaned_data["path"],
            reason=known.cleaned_data["reason"],
            until=datetime.combine(known.cleaned_data["until"], time.min, tzinfo=UTC),
            by=name_officer(request),
            at=at,
        )
    except LineageError as refusal:
        messages.error(request, f"Nothing was changed: {refusal}.")
    else:
        messages.success(request, "Noted. It counts again from the day that you chose.")
    return redirect(address_of("radar"))


def _describe(path: UngatedPath, refused: KnownForm | None, at: datetime) -> Mapping[str, Any]:
    is_refused = refused is not None and refused.data.get("path") == path.key
    source, target = path.nodes[0], path.nodes[-1]
    return {
        "kind": PATH_KINDS[path.kind],
        "steps": [_describe_step(node) for node in path.nodes],
        "owners": ", ".join(map(shorten, path.owners)),
        "age": tell_duration(at - path.since),
        "since": path.since,
        "last_seen_at": path.last_seen_at,
        "picture": address_of("changelist", focus=source.key, direction="downstream"),
        "declare_source": address_of("dataset", source.key),
        "declare_target": address_of("dataset", target.key),
        "form": refused
        if is_refused
        else KnownForm(initial={"path": path.key}, auto_id=f"id_%s_{path.key}", today=at.date()),
        "is_open": is_refused,
        "is_masked": path.is_masked,
        "known": path.acknowledged,
    }


def _describe_step(node: Node) -> Mapping[str, str]:
    return {
        "href": address_of_node(node.key),
        "kind": describe_kind(node),
        "name": shorten(node.name, 48),
        "whole": show(node.name[:500]),
        "marks": describe_marks(node),
    }
