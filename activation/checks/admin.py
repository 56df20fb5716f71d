"""API clients in the admin: who may call and until when; making, rotating and revoking."""

# ruff: noqa: ARG002 - the signatures are Django's

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from activation.checks import services
from activation.checks.client_forms import ClientForm, LimitsForm, RevocationForm, RotationForm
from activation.checks.models import ApiClient, ApiClientQuerySet
from activation.checks.rules import tell_status
from activation.checks.types import ClientStatus, NewKey
from consent.kernel.errors import AccordantError

_ONCE = "The key is shown once, on the next page, and kept only as a hash. Have a place for it ready."
_SHOWN = "This is the only time that the key can be seen. Put it where the client finds it, now."
_COLOURS = {
    ClientStatus.ACTIVE.value: "success",
    ClientStatus.EXPIRING.value: "warning",
    ClientStatus.EXPIRED.value: "info",
    ClientStatus.REVOKED.value: "danger",
}


class StatusFilter(admin.SimpleListFilter):
    """Clients that stand so now."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return every status there is."""
        return [(status.name.lower(), status.value) for status in ClientStatus]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiClient]) -> QuerySet[ApiClient]:
        """Return those in the status chosen."""
        chosen = (self.value() or "").upper()
        if chosen not in ClientStatus.__members__:
            return queryset
        rows: ApiClientQuerySet = queryset  # type: ignore[assignment]  # as the admin's own query is
        return rows.in_status(ClientStatus[chosen], at=timezone.now())


@admin.register(ApiClient)
class ApiClientAdmin(ModelAdmin):
    """The clients by name. What a client may do does not change: make another one."""

    list_display = ("name", "status", "mode", "scopes_shown", "last_used", "ends")
    list_filter = (StatusFilter, "is_test")
    search_fields = ("name",)
    ordering = ("name", "pk")
    fields = (
        ("name", "status", "mode"),
        "scopes_shown",
        ("questions_per_minute", "identifiers_per_day"),
        "asked_about",
        ("created_at", "revoked_at"),
        "keys_shown",
    )
    readonly_fields = fields[0] + ("scopes_shown", "asked_about", "keys_shown")
    actions_detail = ("rotate", "limit", "revoke")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiClient]:
        """Return the clients, each with when its last key ends and when one was last used."""
        rows: ApiClientQuerySet = super().get_queryset(request)
        return rows.with_keys()

    @display(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Status", label=_COLOURS
    )
    def status(self, client: Any) -> str:
        """Return where the client stands now, in words."""
        found = tell_status(revoked_at=client.revoked_at, ends_at=client.ends_at, at=timezone.now())
        return found.value

    @admin.display(description="Answered from", ordering="is_test")
    def mode(self, client: ApiClient) -> str:
        """Return which data the client is answered from."""
        return "example data (test key)" if client.is_test else "the ledger"

    @admin.display(description="Scopes")
    def scopes_shown(self, client: ApiClient) -> str:
        """Return what the client may do."""
        return ", ".join(client.scopes)

    @admin.display(description="Last used (UTC)", ordering="used_at")
    def last_used(self, client: Any) -> str:
        """Return when one of the client's keys was last used."""
        return _moment(client.used_at)

    @admin.display(description="Last key ends (UTC)", ordering="ends_at")
    def ends(self, client: Any) -> str:
        """Return when the client's last key ends."""
        return _moment(client.ends_at)

    @admin.display(description="Different identifiers asked about today (UTC)")
    def asked_about(self, client: ApiClient) -> str:
        """Return about how many there were."""
        usage = client.usage.filter(day=timezone.now().date()).first()
        return f"about {usage.identifiers:,}" if usage else "none"

    @admin.display(description="Keys")
    def keys_shown(self, client: ApiClient) -> SafeString:
        """Return the client's keys, the newest first, by what is known of them."""
        told = (
            (_moment(key.created_at), _moment(key.expires_at), _moment(key.last_used_at))
            for key in client.keys.order_by("-created_at", "-pk")
        )
        return format_html_join("", "<div>made {}, ends {}, last used {}</div>", told)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Answer with the page that asks for a new client; on POST, with its key, once."""
        if not self.has_add_permission(request):
            raise PermissionDenied

        def make(form: ClientForm) -> NewKey:
            return services.make_client(
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["held"],
                at=timezone.now(),
                valid_for=form.valid_for,
                limits=form.limits,
                is_test=form.cleaned_data["is_test"],
                made_by=_officer(request),
            )

        return self._ask_for_key(request, ClientForm(request.POST or None), make, title="New API client")

    @action(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Rotate", url_path="rotate", permissions=["rotate"], icon="autorenew"
    )
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Answer with the page that asks how long the old key still works; on POST, with the new key."""
        client = self._find(request, object_id)

        def make(form: RotationForm) -> NewKey:
            return services.rotate_key(
                name=client.name,
                at=timezone.now(),
                overlap=form.overlap,
                valid_for=form.valid_for,
                made_by=_officer(request),
            )

        title = f"Rotate the key of {client}"
        return self._ask_for_key(request, RotationForm(request.POST or None), make, title=title)

    @action(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Limits", url_path="limits", permissions=["limit"], icon="speed"
    )
    def limit(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Answer with the page that asks how much the client may ask; on POST, hold it to that."""
        client = self._find(request, object_id)
        form = LimitsForm(request.POST or None, initial=asdict(client.limits))
        if request.method == "POST" and form.is_valid():
            services.set_limits(
                name=client.name, limits=form.limits, at=timezone.now(), made_by=_officer(request)
            )
            self.message_user(request, f"{client} has other limits.")
            return redirect(self._page_of(client.pk))
        explanation = "They hold from the client's next question on. What it asked about today stays counted."
        title = f"Limits of {client}"
        return self._page(request, title=title, form=form, explanation=explanation, button="Set the limits")

    @action(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Revoke", url_path="revoke", permissions=["revoke"], icon="block"
    )
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Answer with the page that asks whether every key is to end; on POST, end them."""
        client = self._find(request, object_id)
        if request.method == "POST":
            services.revoke_key(name=client.name, at=timezone.now(), made_by=_officer(request))
            self.message_user(request, f"{client} is revoked.")
            return redirect(self._page_of(client.pk))
        explanation = (
            f"Every key of {client} ends at once, for good. Whatever still calls with one is refused."
        )
        return self._page(
            request,
            title=f"Revoke {client}",
            form=RevocationForm(),
            explanation=explanation,
            button="Revoke",
        )

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Return the steps that can be taken with the client: none once it is revoked."""
        is_live = ApiClient.objects.filter(pk=object_id, revoked_at__isnull=True).exists()
        return super().get_actions_detail(request, object_id) if is_live else []

    def has_rotate_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may give clients new keys."""
        return request.user.has_perm("activation_checks.rotate_apiclient")

    def has_limit_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may change what clients are held to."""
        return request.user.has_perm("activation_checks.limit_apiclient")

    def has_revoke_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may revoke clients."""
        return request.user.has_perm("activation_checks.revoke_apiclient")

    def has_change_permission(self, request: HttpRequest, obj: ApiClient | None = None) -> bool:
        """Return False: what a client may do is not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiClient | None = None) -> bool:
        """Return False: a client stays on record."""
        return False

    def _find(self, request: HttpRequest, object_id: str) -> ApiClient:
        client: ApiClient | None = self.get_object(request, object_id)
        if client is None:
            raise Http404
        return client

    def _ask_for_key(
        self, request: HttpRequest, form: Any, make: Callable[[Any], NewKey], *, title: str
    ) -> HttpResponse:
        """Answer with the form until it is valid, then with the key that `make` makes: here only."""
        made: NewKey | None = None
        if request.method == "POST" and form.is_valid():
            try:
                made = make(form)
            except AccordantError as refusal:
                form.add_error(None, str(refusal))
        if made is None:
            return self._page(request, title=title, form=form, explanation=_ONCE, button="Make the key")
        client = ApiClient.objects.get(pk=made.client_id)
        back = self._page_of(client.pk)
        return self._page(
            request, title=title, form=form, explanation=_SHOWN, made=made, client=client, back=back
        )

    def _page(
        self, request: HttpRequest, *, title: str, form: forms.Form, **context: object
    ) -> TemplateResponse:
        whole = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "form": form,
            **context,
        }
        headers = {"Cache-Control": "no-store"}
        return TemplateResponse(request, "admin/checks/key.html", whole, headers=headers)

    def _page_of(self, client_id: int) -> str:
        return reverse("admin:activation_checks_apiclient_change", args=[client_id])


def _officer(request: HttpRequest) -> str:
    return f"officer {request.user.pk}"


def _moment(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "never"
