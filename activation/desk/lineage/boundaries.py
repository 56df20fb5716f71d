"""Boundaries: which datasets lie outside or inside, by what their names begin with."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from activation.desk.lineage import services
from activation.desk.lineage.addresses import address_of
from activation.desk.lineage.naming import shorten
from activation.enforcement.standing.admin.page import name_officer
from lineage.errors import LineageError
from lineage.graph import queries

_OUTSIDE, _INSIDE = "outside", "inside"


class BoundaryForm(forms.Form):
    """A beginning of names, and on which side of the boundary they lie."""

    namespace = forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "s3://partner-drop"}),
        help_text="Without a name below: every namespace that begins so.",
    )
    name = forms.CharField(
        label="Beginning of the name",
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "exports/"}),
        help_text="Then the namespace above must be the whole one.",
    )
    side = forms.ChoiceField(
        choices=[(_OUTSIDE, "outside: data that is written there has left"), (_INSIDE, "inside")],
        widget=UnfoldAdminSelectWidget,
    )
    owner = forms.CharField(
        required=False, max_length=200, widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "team:data"})
    )
    note = forms.CharField(
        required=False, max_length=1000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )


def show_boundaries(
    request: HttpRequest, *, at: datetime
) -> tuple[str, Mapping[str, Any]] | HttpResponseBase:
    """Return the list and the form; on POST, record a boundary and come back to the list."""
    form = BoundaryForm(request.POST) if request.method == "POST" else BoundaryForm()
    if form.is_bound and form.is_valid() and _record(request, form, at):
        return redirect(address_of("boundaries"))
    return "boundaries", {
        "title": "Boundaries",
        "form": form,
        "boundaries": [
            {
                "namespace": shorten(one.namespace),
                "name": shorten(one.name),
                "side": _OUTSIDE if one.is_outside else _INSIDE,
                "owner": shorten(one.owner),
                "note": shorten(one.note, 1000),
                "set_by": one.by,
                "set_at": one.at,
            }
            for one in queries.list_boundaries()
        ],
    }


def _record(request: HttpRequest, form: BoundaryForm, at: datetime) -> bool:
    told = {name: form.cleaned_data[name] for name in ("namespace", "name", "owner", "note")}
    is_outside = form.cleaned_data["side"] == _OUTSIDE
    try:
        services.set_boundary(**told, is_outside=is_outside, by=name_officer(request), at=at)
    except LineageError as refusal:
        form.add_error(None, f"{refusal}.")
        return False
    messages.success(request, "Set. It holds for what was seen already, too.")
    return True
