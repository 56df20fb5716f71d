"""All runs that events told of, the latest first, a page at a time."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from activation.desk.lineage.addresses import address_of, address_of_node, address_of_run
from activation.desk.lineage.naming import STATES, describe_kind, shorten
from activation.enforcement.suppression.admin.wording import tell_duration
from lineage.errors import LineageError
from lineage.graph import queries
from lineage.graph.types import Node, RunEntry, RunPage

A_PAGE = 50
COLOURS = {"COMPLETE": "success", "FAIL": "danger", "ABORT": "warning", "START": "info", "RUNNING": "info"}


class RunsForm(forms.Form):
    """Filters of the list."""

    state = forms.ChoiceField(
        required=False,
        choices=[("", "any"), *((state, words) for state, words in STATES.items())],
        widget=UnfoldAdminSelectWidget,
    )
    purpose = forms.CharField(
        required=False, max_length=200, widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "any"})
    )
    destination = forms.CharField(
        required=False, max_length=200, widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "any"})
    )
    node = forms.RegexField(r"^[dj][0-9]{1,18}$", required=False, widget=forms.HiddenInput)
    before = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)


def show_runs(request: HttpRequest, **_: object) -> tuple[str, Mapping[str, Any]]:
    """Return the list that was asked for. A malformed filter is told, and left out."""
    form = RunsForm(request.GET)
    form.is_valid()
    asked = {name: value for name, value in form.cleaned_data.items() if value}
    page = _list_runs(asked)
    node = find_node(asked.get("node"))
    return "runs", {
        "title": "Runs",
        "form": form,
        "runs": [summarise(run) for run in page.runs],
        "next_page": address_of("runs", **{**asked, "before": page.next}) if page.next else None,
        "first_page": address_of("runs", **{**asked, "before": ""}) if "before" in asked else None,
        "of_node": shorten(node.name) if node else "",
        "is_filtered": bool(asked),
    }


def find_node(key: str | None) -> Node | None:
    """Return the node with that key; None if there is none."""
    try:
        return queries.get_node(key) if key else None
    except LineageError:
        return None


def _list_runs(asked: Mapping[str, Any]) -> RunPage:
    filters = {name: asked.get(name) for name in ("state", "purpose", "destination")}
    try:
        return queries.list_runs(
            node_key=asked.get("node"), **filters, before=asked.get("before"), limit=A_PAGE
        )
    except LineageError:  # the address was changed by hand, or the node is gone
        return queries.list_runs(**filters, limit=A_PAGE)


def summarise(run: RunEntry) -> Mapping[str, Any]:
    """Return what lists show of a run."""
    decision = run.decision or {}
    took = run.ended_at - run.started_at if run.started_at and run.ended_at else None
    return {
        "href": address_of_run(run.run_id),
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "took": tell_duration(took) if took is not None else "",
        "state": STATES.get(run.state, shorten(run.state)),
        "colour": COLOURS.get(run.state, ""),
        "job": shorten(run.job.name),
        "job_kind": describe_kind(run.job),
        "job_href": address_of_node(run.job.key),
        "purpose": shorten(str(decision.get("purpose") or run.job.purpose)),
        "destination": shorten(str(decision.get("destination") or "")),
    }
