"""Systems in the admin, and the pages on which one is tried."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action

from consent.kernel.errors import AccordantError
from consent.requests.admin.data_map.forms import MapForm, PersonForm, SecretForm, SystemForm
from consent.requests.admin.data_map.told import MapAdmin, page
from consent.requests.models import System
from consent.requests.systems.hints import list_hints
from consent.requests.systems.importing import DataMapRefused, import_text
from consent.requests.systems.overview import list_systems
from consent.requests.systems.secrets import set_secret
from consent.requests.systems.trying import SHOWN, Tried, check_connection, try_erasure
from consent.requests.systems.writing import write_text
from consent.subjects.types import Identifier, IdentifierKind

READ = "consent_requests.read_request_content"
_TOLD = (
    "Shows what an erasure of this person would touch in this system. Nothing is changed. That you looked is"
    " on record; whom you looked for is not."
)


@admin.register(System)
class SystemAdmin(MapAdmin):
    """Systems that hold data about people."""

    form = SystemForm
    list_display = ("slug", "title", "kind", "order", "is_enabled", "owner", "tested_at")
    list_filter = ("kind", "is_enabled")
    search_fields = ("slug", "title", "owner")
    ordering = ("order", "slug", "pk")
    readonly_fields = ("tested_at", "has_secret")
    actions_list = ("show_map", "load_map")
    actions_detail = ("try_connection", "try_out", "enter_secret")

    @admin.display(description="Secret (sealed)", boolean=True)
    def has_secret(self, system: System) -> bool:
        """Return whether there is one; nobody can read it."""
        return bool(system.kek_version)

    def get_readonly_fields(self, request: HttpRequest, obj: System | None = None) -> tuple[str, ...]:
        """Return what is not edited: the slug is what the secret is sealed under."""
        return self.readonly_fields if obj is None else ("slug", *self.readonly_fields)

    @action(description="Data map", url_path="map", permissions=["view"], icon="map")  # type: ignore[untyped-decorator]  # unfold ships no types
    def show_map(self, request: HttpRequest) -> HttpResponse:
        """Answer with the page of all systems, what they hold, and what lineage knows besides."""
        return page(
            self,
            request,
            "admin/requests/data_map.html",
            title="Data map",
            systems=list_systems(),
            hints=list_hints(),
        )

    @action(description="As YAML", url_path="yaml", permissions=["change"], icon="code")  # type: ignore[untyped-decorator]  # unfold ships no types
    def load_map(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the data map as YAML; on POST, make it what was sent, or show what would change."""
        form = MapForm(request.POST or None, initial={"text": write_text()})
        differences: tuple[Any, ...] | None = None
        if request.method == "POST" and form.is_valid():
            is_tried, text = form.cleaned_data["is_tried"], form.cleaned_data["text"]
            try:
                by = request.user.get_username()
                differences = import_text(text, changed_by=by, dry_run=is_tried)
            except DataMapRefused as refusal:
                for fault in refusal.faults:
                    form.add_error("text", f"{fault.path}: {fault.message}")
            else:
                if not is_tried:
                    self.message_user(request, f"{len(differences)} differences were written.")
                    self.show_faults(request)
                    return redirect(reverse("admin:consent_requests_system_changelist"))
        context = {"form": form, "differences": differences, "button": "Go on"}
        return page(self, request, "admin/requests/map_text.html", title="Data map as YAML", **context)

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="Test the connection", url_path="check", permissions=["change"], icon="network_check"
    )
    def try_connection(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Answer with the page that asks whether to; on POST, with what the system said."""
        system = self._find(request, object_id)
        if request.method != "POST":
            told = "The system is asked whether it answers and holds what is declared. Nothing is changed."
            title = f"Test the connection of {system}"
            context = {"form": forms.Form(), "explanation": told, "button": "Test"}
            return page(self, request, "admin/requests/asking_system.html", title=title, **context)
        try:
            self.message_user(request, check_connection(system, at=timezone.now()), messages.SUCCESS)
        except AccordantError as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        return redirect(reverse("admin:consent_requests_system_change", args=[system.pk]))

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="Dry run", url_path="dry-run", permissions=["try"], icon="visibility"
    )
    def try_out(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Answer with the page that asks about whom; on POST, with what an erasure would touch."""
        system = self._find(request, object_id)
        if not self.has_try_permission(request):
            raise PermissionDenied
        form, tried = PersonForm(request.POST or None), None
        if request.method == "POST" and form.is_valid():
            identifier = Identifier(IdentifierKind(form.cleaned_data["kind"]), form.cleaned_data["value"])
            try:
                tried = try_erasure(system, identifier, officer_id=request.user.pk or 0, at=timezone.now())
            except AccordantError as refusal:
                form.add_error(None, str(refusal))
        context = {"form": form, "explanation": _TOLD, "button": "Show", "tables": tried and _tables(tried)}
        return page(self, request, "admin/requests/dry_run.html", title=f"Dry run: {system}", **context)

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="Secret", url_path="secret", permissions=["change"], icon="key"
    )
    def enter_secret(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Answer with the page that asks for the secret; on POST, seal it."""
        system = self._find(request, object_id)
        form = SecretForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                set_secret(system, form.cleaned_data["secret"], changed_by=request.user.get_username())
            except AccordantError as refusal:
                self.message_user(request, str(refusal), messages.ERROR)
            else:
                self.message_user(request, "The secret was sealed.", messages.SUCCESS)
            return redirect(reverse("admin:consent_requests_system_change", args=[system.pk]))
        context = {"form": form, "button": "Seal"}
        return page(
            self, request, "admin/requests/asking_system.html", title=f"Secret of {system}", **context
        )

    def has_try_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may read what systems hold about people."""
        return request.user.has_perm(READ)

    def _find(self, request: HttpRequest, object_id: str) -> System:
        found = cast("System | None", self.get_object(request, object_id))
        if found is None:
            raise Http404
        return found


def _tables(tried: Tried) -> list[dict[str, Any]]:
    """Return the figures, and the rows of each dataset, as tables."""
    counts = {
        "title": "What an erasure would touch",
        "headers": ["Dataset", "Found", "Would go", "Would stay", "Because"],
        "rows": [[one.dataset, one.found, one.done, one.kept, one.ground] for one in tried.outcome.datasets],
    }
    shown = [
        {
            "title": f"{name}: the first {SHOWN} rows at most",
            "headers": list(rows[0]),
            "rows": [[_cell(value) for value in row.values()] for row in rows],
        }
        for name, rows in tried.rows.items()
    ]
    return [counts, *shown]


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
