"""Who decides, where, about what data, for what and to whom: rows of drafts in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from consent.policies.admin.editing import PartAdmin, PropertyInline
from consent.policies.admin.fields import LinesField
from consent.policies.models import (
    Controller,
    DataCategory,
    DestinationPermission,
    PolicyJurisdiction,
    Purpose,
    RegisteredProperty,
    RequestProperty,
)


@admin.register(Controller)
class ControllerAdmin(PartAdmin):
    """The controllers of every version."""

    list_display = ("slug", "title", "establishment", "version")
    search_fields = ("slug", "title")
    ordering = ("-version", "slug", "pk")
    fields = ("belongs_to", "slug", "title", "establishment")


@admin.register(PolicyJurisdiction)
class PolicyJurisdictionAdmin(PartAdmin):
    """The jurisdictions that the rules of every version name."""

    list_display = ("code", "title", "version")
    search_fields = ("code", "title")
    ordering = ("-version", "code", "pk")
    fields = ("belongs_to", "code", "title", "members")
    picked = ("code",)


@admin.register(DataCategory)
class DataCategoryAdmin(PartAdmin):
    """The data categories of every version."""

    list_display = ("slug", "title", "data_category", "special", "version")
    list_filter = ("special",)
    search_fields = ("slug", "title", "data_category")
    ordering = ("-version", "slug", "pk")
    fields = ("belongs_to", "slug", "title", "data_category", "special")


@admin.register(Purpose)
class PurposeAdmin(PartAdmin):
    """The purposes of every version."""

    list_display = ("slug", "title", "data_use", "status", "version")
    list_filter = ("status",)
    search_fields = ("slug", "title", "data_use")
    ordering = ("-version", "slug", "pk")
    fieldsets = (
        (None, {"fields": ("belongs_to", "slug", "title", "description", "status")}),
        ("Data", {"fields": ("data_categories", "data_subjects")}),
        ("Depends on", {"fields": ("requires", "opt_out_signals")}),
        ("In other vocabularies", {"fields": ("data_use", "dpv")}),
    )


@admin.register(RequestProperty)
class RequestPropertyAdmin(PartAdmin):
    """The request properties of every version."""

    list_display = ("name", "title", "type", "version")
    list_filter = ("type",)
    search_fields = ("name", "title")
    ordering = ("-version", "name", "pk")
    fields = ("belongs_to", "name", "title", "type", "values")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Return the field: what values there are is typed, one a line."""
        if db_field.name == "values":
            told = f"{db_field.help_text} One a line."
            return LinesField(label="Values", help_text=told, required=False)
        return super().formfield_for_dbfield(db_field, request, **options)


class RegisteredPropertyInline(PropertyInline):
    """What conditions look at besides what a request sends."""

    model = RegisteredProperty
    fields = ("property", "value")
    ordering = ("property", "pk")
    hide_title = True


@admin.register(DestinationPermission)
class DestinationPermissionAdmin(PartAdmin):
    """What recipients may be given, in every version."""

    list_display = ("slug", "title", "kind", "role", "country", "version")
    list_filter = ("kind", "role")
    search_fields = ("slug", "title")
    ordering = ("-version", "slug", "pk")
    fieldsets = (
        (None, {"fields": ("belongs_to", "slug", "title", "kind")}),
        ("Recipient", {"fields": ("role", "country", "contract")}),
        ("What it may be given", {"fields": ("purposes", "data_categories")}),
    )
    picked = ("country",)
    inlines = (RegisteredPropertyInline,)
