"""Subscriptions in the admin: how far each is behind, what is wrong, and what to do about it."""

# ruff: noqa: ARG002 - the signatures are Django's

import json
from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from activation.changes import queries, services
from activation.changes.admin.forms import ReasonForm
from activation.changes.admin.pages import SubscriptionPages, name_officer
from activation.changes.models import Subscription
from activation.changes.types import SubscriptionView
from consent.kernel.errors import AccordantError


@admin.register(Subscription)
class SubscriptionAdmin(SubscriptionPages):
    """Subscriptions by slug, each with its lag and its last error."""

    list_display = (
        "slug",
        "title",
        "kind",
        "shown_state",
        "lag",
        "taken_at",
        "parked",
        "next_attempt_at",
        "last_error",
    )
    list_filter = ("state", "kind")
    search_fields = ("slug", "title")
    ordering = ("slug", "pk")
    fields = (
        "slug",
        "title",
        "kind",
        "shown_state",
        "reason",
        "what_to_do",
        "lag",
        "position",
        "taken_at",
        "failures",
        "last_error",
        "next_attempt_at",
        "parked",
        "shown_purposes",
        "shown_settings",
        "shown_secrets",
        "connected_at",
        "connected_by",
    )
    action_form = ReasonForm
    actions = ("pause", "resume")
    actions_list = ("connect_webhook", "connect_topic")
    actions_detail = ("check_one", "replay", "rotate")

    @display(  # type: ignore[untyped-decorator]  # unfold has no types
        description="State", label={"active": "success", "paused": "warning", "disabled": "danger"}
    )
    def shown_state(self, row: Subscription) -> str:
        """Return whether changes go out."""
        return row.state

    @admin.display(description="Lag")
    def lag(self, row: Subscription) -> str:
        """Return how many entries it is behind, and since when."""
        view = _view(row)
        since = f", since {view.behind_since:%Y-%m-%d %H:%M:%S} UTC" if view.behind_since else ""
        return f"{view.lag:,}{since}"

    @admin.display(description="Parked")
    def parked(self, row: Subscription) -> str:
        """Return how many messages the receiver refuses, each for itself."""
        return f"{_view(row).parked:,}"

    @admin.display(description="What to do")
    def what_to_do(self, row: Subscription) -> str:
        """Return what an officer may do now."""
        return _view(row).advice or "Nothing."

    @admin.display(description="Purposes")
    def shown_purposes(self, row: Subscription) -> str:
        """Return the purposes whose changes go out."""
        return ", ".join(row.purposes) or "all"

    @admin.display(description="Settings")
    def shown_settings(self, row: Subscription) -> SafeString:
        """Return the settings by name."""
        told = ((name, json.dumps(value)) for name, value in row.settings.items())
        return format_html_join("", "<div>{}: {}</div>", told)

    @admin.display(description="Credentials (sealed)")
    def shown_secrets(self, row: Subscription) -> SafeString:
        """Return which credentials there are, and until when; nobody can read them."""
        rows = row.secrets.order_by("-pk").values_list("name", "set_at", "retires_at")
        told = (
            (name, f"{set_at:%Y-%m-%d %H:%M}", f", until {until:%Y-%m-%d %H:%M} UTC" if until else "")
            for name, set_at, until in rows
        )
        return format_html_join("", "<div>{}, set {} UTC{}</div>", told)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: subscriptions are connected by the list's own steps."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Subscription | None = None) -> bool:
        """Return False for one that is there: it changes by actions alone, which need the list."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Subscription | None = None) -> bool:
        """Return False: ids of messages begin with its slug."""
        return False

    @action(description="Pause", permissions=["connect"])  # type: ignore[untyped-decorator]  # unfold has no types
    def pause(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        """Let nothing go out to the selected ones."""

        def pause(slug: str) -> None:
            services.pause_subscription(
                slug=slug, reason=request.POST.get("reason", ""), changed_by=name_officer(request)
            )

        self._each(request, queryset, pause, "{} is paused.")

    @action(description="Resume, and try now", permissions=["connect"])  # type: ignore[untyped-decorator]  # unfold has no types
    def resume(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        """Let changes go out to the selected ones again, at once."""

        def resume(slug: str) -> None:
            services.resume_subscription(slug=slug, changed_by=name_officer(request))
            services.wake(slug)

        self._each(request, queryset, resume, "{} goes on where it was.")

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[Subscription],
        act: Callable[[str], None],
        done: str,
    ) -> None:
        for slug in list(queryset.order_by("slug").values_list("slug", flat=True)):
            try:
                act(slug)
            except AccordantError as error:
                self.message_user(request, f"{slug}: {error}.", messages.ERROR)
            else:
                self.message_user(request, done.format(slug), messages.SUCCESS)


def _view(row: Subscription) -> SubscriptionView:
    return queries.get_subscription(slug=row.slug)
