"""Rows of drafts in the admin: edited while the version is a draft, read afterwards."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.widgets import UnfoldAdminSelect2Widget, UnfoldAdminSelectWidget

from consent.kernel.errors import AccordantError
from consent.policies import queries, services
from consent.policies.admin.faults import list_to_mend
from consent.policies.admin.fields import ConditionValueField, ExactText, LargeText, LineText, NamesField
from consent.policies.admin.filters import VersionFilter
from consent.policies.admin.forms import ExactForm, PartForm, PropertyForm
from consent.policies.admin.names import list_offered
from consent.policies.admin.places import is_draft, page_of, parent_of, tab_of, tell_version, version_of
from consent.policies.models import PolicyVersion
from consent.policies.types import PolicyStatus

_MOST_OFFERED = 100
EXACT = {
    models.CharField: {"form_class": LineText},
    models.TextField: {"form_class": ExactText, "widget": LargeText},
}


class DraftInline:
    """Rows that are edited on the page of what they hang from."""

    form = ExactForm
    formfield_overrides = EXACT
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the officer may add rows to `obj`, of a draft or not made yet."""
        return _is_open(obj) and bool(super().has_add_permission(request, obj))  # type: ignore[misc]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the officer may change the rows of `obj`."""
        return _is_open(obj) and bool(super().has_change_permission(request, obj))  # type: ignore[misc]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the officer may delete rows of `obj`."""
        return _is_open(obj) and bool(super().has_delete_permission(request, obj))  # type: ignore[misc]


class TabularDraftInline(DraftInline, TabularInline):
    """Rows with few short fields."""


class PropertyInline(TabularDraftInline):
    """Rows that name a request property, picked from those that the draft declares."""

    form = PropertyForm
    draft: PolicyVersion | None = None
    """The version that the page is about, once that is known."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Return the field: the property is picked, its value written as JSON."""
        label, told = db_field.verbose_name.capitalize(), db_field.help_text
        if db_field.name == "property":
            return forms.ChoiceField(label=label, help_text=told, widget=UnfoldAdminSelectWidget())
        if db_field.name == "value":
            return ConditionValueField(label=label, help_text=told)
        return super().formfield_for_dbfield(db_field, request, **options)

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        """Return the rows' forms, which know what may be picked."""
        formset = super().get_formset(request, obj, **options)
        document = queries.get_document(version_id=self.draft.pk) if self.draft else None
        formset.form.offered = list_offered(document or {}, self.model(), "property")
        return formset


class StackedDraftInline(DraftInline, StackedInline):
    """Rows with long fields."""


class PartAdmin(ModelAdmin):
    """Rows that a version's text is made of. Every save makes the draft's text anew."""

    form = PartForm
    formfield_overrides = EXACT
    parent_name = "version"
    """The field that says what a row hangs from: a version, or something that does."""
    parent_model: type[models.Model] = PolicyVersion
    picked: tuple[str, ...] = ()
    """Fields that hold one name, picked from a list."""
    readonly_fields: tuple[str, ...] = ("belongs_to",)
    list_per_page = 50
    show_full_result_count = False
    change_form_before_template = "admin/policies/editor_before.html"
    delete_confirmation_template = "admin/policies/editor_delete.html"

    @property
    def version_path(self) -> str:
        """Return how queries reach the version from a row."""
        return "version" if self.parent_model is PolicyVersion else f"{self.parent_name}__version"

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """Return the filters: by version first, the drafts on top."""
        return [VersionFilter.of(self.version_path), *super().get_list_filter(request)]

    def get_queryset(self, request: HttpRequest) -> "models.QuerySet[Any]":
        """Return the rows with their versions, without the versions' texts."""
        version = self.version_path
        rows: models.QuerySet[Any] = super().get_queryset(request).select_related(version)
        return rows.defer(f"{version}__document", f"{version}__source")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return none: rows are deleted one by one, each on its page."""
        return {}

    @admin.display(description="Belongs to")
    def belongs_to(self, row: Any) -> str:
        """Return a link to what the row hangs from."""
        parent = parent_of(row)
        return format_html('<a href="{}" class="text-primary-600">{}</a>', page_of(parent), _tell(parent))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the officer may change rows, and `obj` belongs to a draft."""
        return bool(super().has_change_permission(request, obj)) and _is_open(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the officer may delete rows, and `obj` belongs to a draft."""
        return bool(super().has_delete_permission(request, obj)) and _is_open(obj)

    def formfield_for_dbfield(
        self, db_field: Any, request: HttpRequest, **options: Any
    ) -> forms.Field | None:
        """Return the field: lists of names are picked."""
        if isinstance(db_field, ArrayField):
            label, told = db_field.verbose_name.capitalize(), db_field.help_text
            return NamesField(label=label, help_text=told, required=False)
        if db_field.name in self.picked:
            label, told = db_field.verbose_name.capitalize(), db_field.help_text
            return forms.ChoiceField(
                label=label, help_text=told, required=not db_field.blank, widget=UnfoldAdminSelect2Widget()
            )
        field: forms.Field | None = super().formfield_for_dbfield(db_field, request, **options)
        return field

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """Return the form, which knows what a new row will hang from."""
        form = super().get_form(request, obj, change=change, **options)
        form.parent_name = self.parent_name
        form.parent = parent_of(obj) if obj else self.find_parent(request)
        return form

    def get_inline_instances(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Return the rows below, those that pick names told of which draft."""
        inlines: list[Any] = super().get_inline_instances(request, obj)
        parent = obj or self.find_parent(request)
        for inline in inlines:
            if isinstance(inline, PropertyInline):
                inline.draft = version_of(parent) if parent else None
        return inlines

    def find_parent(self, request: HttpRequest) -> models.Model | None:
        """Return what the page's address says that a new row hangs from, if that is of a draft."""
        named = request.GET.get(self.parent_name, "")
        if not (named.isascii() and named.isdigit() and len(named) < 19):
            return None
        return self.list_parents().filter(pk=int(named)).first()

    def list_parents(self) -> "models.QuerySet[Any]":
        """Return what rows can be added to, the newest first."""
        path = self.version_path.removeprefix(self.parent_name).removeprefix("__")
        lookup = f"{path}__status" if path else "status"
        rows = self.parent_model._default_manager.filter(**{lookup: PolicyStatus.DRAFT})
        return (rows.select_related(path) if path else rows).order_by("-pk")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Answer with the page of a new row, once it is known where it belongs."""
        if not self.has_add_permission(request) or self.find_parent(request):
            answer: HttpResponseBase = super().add_view(request, form_url, extra_context)
            return answer
        parents = self.list_parents()[:_MOST_OFFERED]
        if len(parents) == 1 and request.method == "GET":
            return redirect(f"{request.path}?{self.parent_name}={parents[0].pk}")
        context = {
            **self.admin_site.each_context(request),
            "title": f"Add {self.opts.verbose_name}: to which draft?",
            "opts": self.opts,
            "parents": [(f"?{self.parent_name}={parent.pk}", _tell(parent)) for parent in parents],
        }
        return TemplateResponse(request, "admin/policies/editor_choose.html", context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        """Answer with the row's page, and what is to be mended in it."""
        row = options.get("obj")
        context["to_mend"] = list_to_mend(row) if row and is_draft(row) else None
        context["show_save_and_add_another"] = False  # its page would not know where the next row belongs
        page: HttpResponse = super().render_change_form(request, context, *args, **options)
        return page

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the rows that hang from this one, then make the draft's text anew."""
        super().save_related(request, form, formsets, change)
        seal(request, form.draft)

    @transaction.atomic
    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Delete the row, unless somebody changed the draft since the officer was asked."""
        row = self.get_object(request, object_id)
        if row and request.method == "POST" and self.has_delete_permission(request, row):
            try:
                services.lock_draft(
                    version_id=version_of(row).pk, opened_digest=request.POST.get("opened_digest", "")
                )
            except AccordantError as refusal:
                self.message_user(request, f"Not deleted: {refusal}.", messages.ERROR)
                return redirect(page_of(row))
        opened = {"opened_digest": version_of(row).digest} if row else {}
        answer: HttpResponseBase = super().delete_view(
            request, object_id, {**(extra_context or {}), **opened}
        )
        return answer

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete the row, then make the draft's text anew."""
        version = version_of(obj)
        super().delete_model(request, obj)
        seal(request, version)

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Lead back to what the row hangs from."""
        return self.go_back(obj)

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Lead back to what the row hangs from."""
        return self.go_back(obj)

    def go_back(self, row: models.Model) -> HttpResponse:
        """Return what leads to the tab that shows the row."""
        return redirect(f"{page_of(parent_of(row))}#{tab_of(row)}")


def seal(request: HttpRequest, version: PolicyVersion) -> None:
    """Make the draft's text anew, and keep who edited it."""
    assert request.user.pk is not None  # noqa: S101 - every page of the admin requires an officer
    services.seal_draft(version_id=version.pk, officer_id=request.user.pk, at=timezone.now())


def _tell(parent: models.Model) -> str:
    version = tell_version(version_of(parent))
    return version if isinstance(parent, PolicyVersion) else f"{parent} in {version}"


def _is_open(row: Any) -> bool:
    return row is None or is_draft(row)
