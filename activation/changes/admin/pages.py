"""The admin's pages on one subscription: connecting it, replaying, another secret, a test message."""

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import action

from activation.changes import services
from activation.changes.admin.forms import ReplayForm, SubscriptionForm
from activation.changes.kinds import KINDS, TOPIC, WEBHOOK, SubscriptionKind
from activation.changes.models import Subscription
from consent.kernel.errors import AccordantError

_CHANGELIST = "admin:activation_changes_subscription_changelist"
_CHANGE = "admin:activation_changes_subscription_change"


def name_officer(request: HttpRequest) -> str:
    """Return by what the ledger knows the officer who asks."""
    return f"officer {request.user.pk}"


class SubscriptionPages(ModelAdmin):
    """What an officer does with subscriptions. Mixed into their own admin."""

    @action(description="Connect a webhook", url_path="connect-webhook", permissions=["connect"])  # type: ignore[untyped-decorator]  # unfold has no types
    def connect_webhook(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the page that asks for a webhook; on POST, connect it."""
        return self._connect(request, WEBHOOK)

    @action(description="Connect a topic", url_path="connect-topic", permissions=["connect"])  # type: ignore[untyped-decorator]  # unfold has no types
    def connect_topic(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the page that asks for a compacted topic; on POST, connect it."""
        return self._connect(request, TOPIC)

    @action(description="Send a test message", url_path="check", permissions=["connect"])  # type: ignore[untyped-decorator]  # unfold has no types
    def check_one(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Answer with the page that asks whether to; on POST, with what the receiver said, in words."""
        row = self._find(request, object_id)

        def check() -> str:
            services.check_subscription(slug=row.slug)
            return f"{row} takes messages."

        told = "A message that tells nothing is sent; of a topic it is looked whether it is there."
        return self._ask(request, row, forms.Form(), check, title=f"Test {row}", told=told, button="Send")

    @action(description="Replay", url_path="replay", permissions=["connect"])  # type: ignore[untyped-decorator]  # unfold has no types
    def replay(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Answer with the page that asks from where; on POST, set the replay down."""
        row, form = self._find(request, object_id), ReplayForm(request.POST or None)

        def replay() -> str:
            services.replay_changes(
                slug=row.slug,
                begin=form.cleaned_data["begin"],
                until=form.cleaned_data["until"],
                asked_by=name_officer(request),
            )
            services.wake(row.slug)
            return f"The replay for {row} is set down; workers carry it out."

        told = (
            "Messages go out once more, under the ids that they had: a receiver that knows them forgets them."
            f" What is new goes on meanwhile. {row} is at entry {row.position}."
        )
        return self._ask(request, row, form, replay, title=f"Replay for {row}", told=told, button="Replay")

    @action(description="New signing secret", url_path="rotate", permissions=["connect"])  # type: ignore[untyped-decorator]  # unfold has no types
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Answer with the page that asks whether to; on POST, make a secret and show it once."""
        row = self._find(request, object_id)

        def rotate() -> str:
            made = services.rotate_secret(slug=row.slug, changed_by=name_officer(request), at=timezone.now())
            return f"The new secret, shown this once: {made}"

        told = "Messages are signed with the new secret, and for 24 hours with the old one too."
        title = f"A new signing secret for {row}"
        return self._ask(request, row, forms.Form(), rotate, title=title, told=told, button="Make it")

    def has_connect_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may connect subscriptions, and have them send again."""
        return request.user.has_perm("activation_changes.connect_subscription")

    def _connect(self, request: HttpRequest, kind: SubscriptionKind) -> HttpResponseBase:
        form = SubscriptionForm(kind, request.POST or None)

        def connect() -> str:
            made = services.connect_subscription(
                asked=services.NewSubscription(
                    kind=kind.slug, settings=form.settings, secrets=form.secrets, **form.own
                ),
                changed_by=name_officer(request),
                at=timezone.now(),
            )
            shown = f" Its signing secret, shown this once: {made}" if made else ""
            return f"{form.own['slug']} is connected. Send a test message now.{shown}"

        told = (
            "Consent changes leave by this. What is entered as a credential is sealed and never shown again."
        )
        title = f"Connect: {KINDS[kind.slug].title}"
        return self._ask(request, None, form, connect, title=title, told=told, button="Connect")

    def _ask(
        self,
        request: HttpRequest,
        row: Subscription | None,
        form: forms.Form,
        act: Callable[[], str],
        *,
        title: str,
        told: str,
        button: str,
    ) -> HttpResponse:
        """Answer with the form; on a valid POST, act, and tell how it went."""
        if request.method == "POST" and (form.is_valid() or not form.fields):
            try:
                self.message_user(request, act(), messages.SUCCESS)
            except AccordantError as refusal:
                if form.fields:
                    form.add_error(None, str(refusal))
                    return self._page(request, title=title, form=form, explanation=told, button=button)
                self.message_user(request, str(refusal), messages.ERROR)
            return redirect(reverse(_CHANGE, args=[row.pk]) if row else reverse(_CHANGELIST))
        return self._page(request, title=title, form=form, explanation=told, button=button)

    def _page(self, request: HttpRequest, **context: object) -> TemplateResponse:
        whole: dict[str, Any] = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        headers = {"Cache-Control": "no-store"}
        return TemplateResponse(request, "admin/changes/subscription.html", whole, headers=headers)

    def _find(self, request: HttpRequest, object_id: str) -> Subscription:
        found = cast("Subscription | None", self.get_object(request, object_id))
        if found is None:
            raise Http404
        return found
