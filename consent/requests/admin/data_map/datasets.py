"""Datasets, fields and references in the admin."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline

from consent.requests.admin.data_map.forms import ReferenceForm
from consent.requests.admin.data_map.told import MapAdmin
from consent.requests.models import Dataset, Field, Reference


class FieldInline(TabularInline):
    """The fields of a dataset."""

    model = Field
    ordering = ("name", "pk")
    extra = 0


class ReferenceInline(TabularInline):
    """How the dataset's rows belong to rows of others."""

    model = Reference
    form = ReferenceForm
    fk_name = "dataset"
    ordering = ("field", "pk")
    extra = 0


@admin.register(Dataset)
class DatasetAdmin(MapAdmin):
    """What a system holds."""

    list_display = ("name", "title", "system", "on_erasure", "in_access", "retention")
    list_filter = ("system", "on_erasure", "in_access", "is_derived")
    list_select_related = ("system",)
    search_fields = ("name", "title", "system__slug")
    ordering = ("system__slug", "name", "pk")
    inlines = (FieldInline, ReferenceInline)


class _Listed(MapAdmin):
    """A list to search and filter; what is in it is changed on its dataset's page."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: it is added on its dataset's page."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: it is changed on its dataset's page."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: it is deleted on its dataset's page."""
        return False


@admin.register(Field)
class FieldAdmin(_Listed):
    """Every field of every dataset."""

    list_display = (
        "name",
        "dataset",
        "category",
        "identifier_kind",
        "masking",
        "is_third_party",
        "is_free_text",
        "is_derived",
    )
    list_filter = (
        "dataset__system",
        "category",
        "identifier_kind",
        "masking",
        "is_third_party",
        "is_free_text",
        "is_derived",
    )
    list_select_related = ("dataset",)
    search_fields = ("name", "title", "category", "dataset__name")
    ordering = ("dataset__system__slug", "dataset__name", "name", "pk")


@admin.register(Reference)
class ReferenceAdmin(_Listed):
    """Every reference between datasets."""

    list_display = ("dataset", "field", "to_dataset", "to_field")
    list_filter = ("dataset__system",)
    list_select_related = ("dataset", "to_dataset")
    search_fields = ("field", "to_field", "dataset__name", "to_dataset__name")
    ordering = ("dataset__system__slug", "dataset__name", "field", "pk")
