"""Export as an action of every list: the rows that are ticked."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from activation.desk.lists.exporting.views import TICKED, may_export

EXPORT_PAGE = "admin:activation_desk_savedfilter_export"


@admin.action(description="Export as CSV or XLSX", permissions=["export"])
def export_ticked(_pages: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
    """Go on to the page that says what the file will hold. Ids alone stand in its address."""
    query = request.GET.copy()
    if request.POST.get("select_across", "0") == "0":
        query.setlist(TICKED, request.POST.getlist(helpers.ACTION_CHECKBOX_NAME))
    address = reverse(EXPORT_PAGE, args=[queryset.model._meta.label_lower])
    return redirect(f"{address}?{query.urlencode()}")


def offer_everywhere() -> None:
    """Give every list of the admin the action; officers see it who may export lists."""
    admin.site.add_action(export_ticked, "export_ticked")
    admin.ModelAdmin.has_export_permission = _has_export_permission  # type: ignore[attr-defined]


def _has_export_permission(_pages: Any, request: HttpRequest) -> bool:
    """Return whether the officer may export lists. Django asks each list's own admin."""
    return may_export(request)
