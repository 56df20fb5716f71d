"""Datasets: found by name, and what an officer declares of one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from activation.desk.lineage import services
from activation.desk.lineage.addresses import address_of, address_of_node
from activation.desk.lineage.naming import describe_kind, describe_marks, shorten, show
from activation.enforcement.standing.admin.page import name_officer
from lineage.errors import LineageError
from lineage.graph import queries
from lineage.graph.types import Node, NodeKind

MOST_LISTED = 100


class FindForm(forms.Form):
    """Which datasets to list."""

    q = forms.CharField(
        label="Name or namespace",
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "any"}),
    )


class DeclareForm(forms.Form):
    """What an officer knows of a dataset."""

    is_personal = forms.BooleanField(label="Holds personal data", required=False, widget=UnfoldBooleanWidget)
    categories = forms.CharField(
        label="Data categories",
        required=False,
        max_length=4000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="One a line, as user.contact.email. Whoever names one says that it holds personal data.",
    )
    is_outside = forms.BooleanField(
        label="Lies outside: data that is written there has left", required=False, widget=UnfoldBooleanWidget
    )
    owner = forms.CharField(
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "team:crm"}),
        help_text="A team or a role, not a person.",
    )

    def clean_categories(self) -> list[str]:
        """Return the categories."""
        return [line.strip() for line in self.cleaned_data["categories"].splitlines() if line.strip()]


def show_datasets(request: HttpRequest, **_: object) -> tuple[str, Mapping[str, Any]]:
    """Return the datasets and destinations whose name or namespace holds what was asked for."""
    form = FindForm(request.GET)
    form.is_valid()
    text = form.cleaned_data.get("q") or ""
    found = queries.find_datasets(text, limit=MOST_LISTED + 1)
    return "datasets", {
        "title": "Datasets",
        "form": form,
        "text": text,
        "datasets": [_list_dataset(node) for node in found[:MOST_LISTED]],
        "is_more": len(found) > MOST_LISTED,
    }


def declare(
    request: HttpRequest, *, key: str, at: datetime
) -> tuple[str, Mapping[str, Any]] | HttpResponseBase:
    """Return the form for one dataset; on POST, record what it says and go to the dataset's page.

    :raises Http404: if there is no such dataset; :raises PermissionDenied: if the officer may not declare.
    """
    if not request.user.has_perm("activation_desk.declare_lineage"):
        raise PermissionDenied
    node = _get_dataset(key)
    form = DeclareForm(request.POST) if request.method == "POST" else DeclareForm(initial=_declared(key))
    if form.is_bound and form.is_valid() and _record(request, key, form, at):
        return redirect(address_of_node(key))
    return "declare", {
        "title": f"Declare {shorten(node.name)}",
        "form": form,
        "name": shorten(node.name, 200),
        "whole": show(node.name[:4000]),
        "namespace": shorten(node.namespace, 200),
        "told": describe_marks(node),
        "back": address_of_node(key),
    }


def _record(request: HttpRequest, key: str, form: DeclareForm, at: datetime) -> bool:
    try:
        services.declare_dataset(key=key, **form.cleaned_data, by=name_officer(request), at=at)
    except LineageError as refusal:
        form.add_error(None, f"{refusal}.")
        return False
    messages.success(request, "Declared. The picture and the ungated paths take it into account from now on.")
    return True


def _get_dataset(key: str) -> Node:
    try:
        node = queries.get_node(key)
    except LineageError:
        raise Http404 from None
    if node.kind is NodeKind.JOB:
        raise Http404
    return node


def _declared(key: str) -> dict[str, Any]:
    """Return what is declared by now. What events told is left out: saving must not declare it."""
    declared = queries.get_details(key).declared
    return {
        "is_personal": declared.is_personal,
        "categories": "\n".join(declared.categories),
        "is_outside": declared.is_outside,
        "owner": declared.owner,
    }


def _list_dataset(node: Node) -> Mapping[str, Any]:
    return {
        "href": address_of_node(node.key),
        "kind": describe_kind(node),
        "name": shorten(node.name),
        "whole": show(node.name[:500]),
        "namespace": shorten(node.namespace),
        "marks": describe_marks(node),
        "owners": ", ".join(map(shorten, node.owners)),
        "last_seen_at": node.last_seen_at,
        "declaring": address_of("dataset", node.key),
    }
