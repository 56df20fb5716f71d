"""The page of a draft: its title, and its rows section by section."""

# ruff: noqa: ARG002 - the signatures are Django's

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.core.paginator import Page, Paginator
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html

from consent.policies.admin.editing import EXACT, TabularDraftInline, seal
from consent.policies.admin.faults import list_to_mend
from consent.policies.admin.forms import DraftForm
from consent.policies.admin.places import is_draft, page_of
from consent.policies.models import (
    Controller,
    DataCategory,
    DestinationPermission,
    Notice,
    PolicyJurisdiction,
    PolicyVersion,
    Purpose,
    RequestProperty,
    Rule,
)

ROWS_PER_PAGE = 15
"""Of each section. All sections together stay below the number of fields that Django takes in one request."""


class PagedFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """One page of a section's rows. The address says which, so that a save meets the rows that were shown."""

    def __init__(self, *args: Any, page_number: str | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        paginator = Paginator(super().get_queryset(), ROWS_PER_PAGE)
        self.page: Page[Any] = paginator.get_page(page_number)
        self._queryset = self.page.object_list
        self.count = paginator.count

    @property
    def page_key(self) -> str:
        """Return what the page's number is called in an address."""
        return f"{self.prefix}-page"

    def page_range(self) -> Iterator[Any]:
        """Return the numbers of the pages, those far away left out."""
        return self.page.paginator.get_elided_page_range(self.page.number)


class SectionInline(TabularDraftInline):
    """A section of the policy: its short fields, and a link to the page with all of them."""

    formset = PagedFormSet
    tab = True
    show_count = True
    hide_title = True
    template_after = "admin/policies/editor_rows.html"
    readonly_fields: tuple[str, ...] = ("row",)
    add_page = ""
    """Where the officer adds a row, if they may."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: a row is added on a page of its own, where all of its fields are."""
        return False

    def find_add_page(self, request: HttpRequest, version: PolicyVersion | None) -> str:
        """Return the address of the page that adds a row to the version; nothing if the officer may not."""
        if version is None or not super().has_add_permission(request, version):
            return ""
        names = self.model._meta
        return f"{reverse(f'admin:{names.app_label}_{names.model_name}_add')}?version={version.pk}"

    @admin.display(description="All fields")
    def row(self, row: Any) -> str:
        """Return a link to the row's page."""
        return format_html('<a href="{}" class="text-primary-600">Open</a>', page_of(row))


class ControllerInline(SectionInline):
    """Who decides."""

    model = Controller
    fields = ("slug", "title", "row")
    ordering = ("slug", "pk")


class JurisdictionInline(SectionInline):
    """Where."""

    model = PolicyJurisdiction
    fields = ("code", "title", "row")
    readonly_fields = ("code", "row")
    ordering = ("code", "pk")


class DataCategoryInline(SectionInline):
    """About what data."""

    model = DataCategory
    fields = ("slug", "title", "data_category", "special", "row")
    ordering = ("slug", "pk")


class PurposeInline(SectionInline):
    """For what."""

    model = Purpose
    fields = ("slug", "title", "status", "row")
    ordering = ("slug", "pk")


class RequestPropertyInline(SectionInline):
    """What requests may say."""

    model = RequestProperty
    fields = ("name", "title", "type", "row")
    ordering = ("name", "pk")


class RuleInline(SectionInline):
    """On which ground."""

    model = Rule
    fields = ("position", "slug", "basis", "purposes", "jurisdictions", "row")
    readonly_fields = ("purposes", "jurisdictions", "row")
    ordering = ("position", "slug", "pk")


class NoticeInline(SectionInline):
    """What people were told."""

    model = Notice
    fields = ("slug", "title", "row")
    ordering = ("slug", "pk")


class DestinationInline(SectionInline):
    """To whom."""

    model = DestinationPermission
    fields = ("slug", "title", "kind", "role", "country", "row")
    readonly_fields = ("country", "row")
    ordering = ("slug", "pk")


class VersionEditing:
    """Makes the page of a draft editable. Any other version is read."""

    form = DraftForm
    formfield_overrides = EXACT
    inlines = (
        ControllerInline,
        JurisdictionInline,
        DataCategoryInline,
        PurposeInline,
        RequestPropertyInline,
        RuleInline,
        NoticeInline,
        DestinationInline,
    )
    change_form_before_template = "admin/policies/editor_before.html"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the officer may change drafts, and `obj` is one."""
        is_open = obj is None or is_draft(obj)
        return is_open and request.user.has_perm("consent_policies.change_policyversion")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return every field but the title: the rest is made from the rows, or by steps."""
        shown = flatten_fieldsets(self.get_fieldsets(request, obj))  # type: ignore[attr-defined]
        return [name for name in shown if name != "title"]

    def get_inline_instances(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Return the sections that the officer may see."""
        sections: list[Any] = super().get_inline_instances(request, obj)  # type: ignore[misc]
        for section in sections:
            section.add_page = section.find_add_page(request, obj)
        return sections

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        """Return what a section's rows are read with: the page that the address names."""
        options: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)  # type: ignore[misc]
        return {**options, "page_number": request.GET.get(f"{prefix}-page")}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        """Answer with the version's page, and what is to be mended in it."""
        version = options.get("obj")
        context["to_mend"] = list_to_mend(version) if version and is_draft(version) else None
        page: HttpResponse = super().render_change_form(request, context, *args, **options)  # type: ignore[misc]
        return page

    def save_model(self, request: HttpRequest, obj: PolicyVersion, form: Any, change: bool) -> None:
        """Save the title alone: what else the version's row holds is made from its rows."""
        obj.save(update_fields=["title"])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the rows, then make the draft's text anew."""
        super().save_related(request, form, formsets, change)  # type: ignore[misc]
        seal(request, form.instance)

    def response_post_save_change(self, request: HttpRequest, obj: PolicyVersion) -> HttpResponse:
        """Show the draft again, on the pages that were open."""
        query = request.GET.urlencode()
        return redirect(f"{page_of(obj)}?{query}" if query else page_of(obj))
