"""The admin's pages on one destination: how it is connected, and what it does as a TCF vendor."""

# ruff: noqa: ARG002 - the signatures are Django's

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import action

from activation.destinations import queries, services
from activation.destinations.admin.connection_forms import ConnectionForm, KindForm
from activation.destinations.admin.vendor_form import EXPLANATION, VendorForm
from activation.destinations.models import Destination
from consent.kernel.errors import AccordantError

_ANEW = (
    "Every credential is asked for again, whatever is changed. What is entered is sealed, replaces what"
    " was there, and can never be read again."
)


class ConnectorFilter(admin.SimpleListFilter):
    """Destinations that are connected so."""

    title = "connector"
    parameter_name = "connector"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return every kind there is, and none."""
        return [
            ("none", "not connected"),
            *((slug, kind.title) for slug, kind in queries.list_kinds().items()),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Destination]) -> QuerySet[Destination]:
        """Return those connected by the kind chosen."""
        chosen = self.value()
        return queryset.filter(connector="" if chosen == "none" else chosen) if chosen else queryset


class ConnectionPages(ModelAdmin):
    """What an officer does with a connection. Mixed into the destination's own admin."""

    @action(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Connect", url_path="connect", permissions=["connect"], icon="cable"
    )
    def connect(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Answer with the page that asks by which kind, then for its settings; on POST, connect."""
        destination = self._find(request, object_id)
        kind = queries.list_kinds().get(request.GET.get("kind", ""))
        if kind is None:
            return self._choose_kind(request, destination)
        current = destination.settings if destination.connector == kind.slug else {}
        form = ConnectionForm(kind, current, request.POST or None)

        def connect() -> str:
            services.connect_destination(
                slug=destination.slug,
                connector=kind.slug,
                settings=form.settings,
                secrets=form.secrets,
                changed_by=request.user.get_username(),
                at=timezone.now(),
            )
            return f"{destination} is connected. Check the connection now."

        title = f"Connect {destination}: {kind.title}"
        return self._ask(request, destination, form, connect, title=title, told=_ANEW, button="Connect")

    @action(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Check the connection", url_path="check", permissions=["connect"], icon="network_check"
    )
    def check_connection(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Answer with the page that asks whether to; on POST, with what the recipient said, in words."""
        destination = self._find(request, object_id)

        def check() -> str:
            connector = queries.open_connector(destination.slug)
            if connector is None:
                return f"{destination} is not connected."
            connector.check()
            return f"{destination} can be reached, and lets us in."

        told = "The recipient is asked whether it lets us in. Nobody's data is sent, and nothing is changed."
        title = f"Check the connection of {destination}"
        return self._ask(request, destination, forms.Form(), check, title=title, told=told, button="Check")

    @action(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Disconnect", url_path="disconnect", permissions=["connect"], icon="link_off"
    )
    def disconnect(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Answer with the page that asks whether to; on POST, take the connection away."""
        destination = self._find(request, object_id)

        def disconnect() -> str:
            services.disconnect_destination(
                slug=destination.slug, changed_by=request.user.get_username(), at=timezone.now()
            )
            return f"{destination} is not connected any more."

        told = f"Runs for {destination} will write files only. Its settings and credentials are deleted."
        title = f"Disconnect {destination}"
        form = forms.Form()
        return self._ask(request, destination, form, disconnect, title=title, told=told, button="Disconnect")

    @action(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Change the TCF vendor", url_path="vendor", permissions=["vendor"], icon="rule"
    )
    def vendor(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Answer with the page that asks for other terms; on POST, let the destination have them."""
        destination = self._find(request, object_id)
        form = VendorForm(destination, request.POST or None)

        def change() -> str:
            services.change_vendor(
                slug=destination.slug,
                tcf_vendor=form.cleaned_data["tcf_vendor"],
                tcf_purposes=form.cleaned_data["tcf_purposes"],
                reason=form.cleaned_data["reason"],
                changed_by=request.user.get_username(),
                at=timezone.now(),
            )
            return f"The terms of {destination} were changed."

        title = f"Change the TCF vendor of {destination}"
        return self._ask(request, destination, form, change, title=title, told=EXPLANATION, button="Change")

    def has_vendor_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may change what is registered of a destination."""
        return request.user.has_perm("activation_destinations.change_destination")

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Return the steps that can be taken: of a connection that is not there, only to connect."""
        steps: list[Any] = super().get_actions_detail(request, object_id)
        if Destination.objects.filter(pk=object_id).exclude(connector="").exists():
            return steps
        return [step for step in steps if step.path in {"connect", "vendor"}]

    def has_connect_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may connect destinations."""
        return request.user.has_perm("activation_destinations.connect_destination")

    def _choose_kind(self, request: HttpRequest, destination: Destination) -> HttpResponseBase:
        initial = {"kind": destination.connector}
        form = KindForm(queries.list_kinds(), request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            return redirect(f"{request.path}?kind={form.cleaned_data['kind']}")
        title = f"Connect {destination}"
        return self._page(request, title=title, form=form, explanation=_ANEW, button="Go on")

    def _ask(
        self,
        request: HttpRequest,
        destination: Destination,
        form: forms.Form,
        act: Callable[[], str],
        *,
        title: str,
        told: str,
        button: str,
    ) -> HttpResponse:
        """Answer with the form; on a valid POST, act, and tell on the destination's page how it went."""
        if request.method == "POST" and (form.is_valid() or not form.fields):
            try:
                self.message_user(request, act(), messages.SUCCESS)
            except AccordantError as refusal:
                if form.fields:
                    form.add_error(None, str(refusal))
                    return self._page(request, title=title, form=form, explanation=told, button=button)
                self.message_user(request, str(refusal), messages.ERROR)
            return redirect(
                reverse("admin:activation_destinations_destination_change", args=[destination.pk])
            )
        return self._page(request, title=title, form=form, explanation=told, button=button)

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
        return TemplateResponse(request, "admin/destinations/connection.html", whole, headers=headers)

    def _find(self, request: HttpRequest, object_id: str) -> Destination:
        found = cast("Destination | None", self.get_object(request, object_id))
        if found is None:
            raise Http404
        return found
