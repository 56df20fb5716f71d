"""The steps of a version, each through a dialog."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action
from unfold.forms import BaseDialogForm

from consent.ledger.admin import StepAdmin
from consent.policies import queries, services
from consent.policies.admin.dialogs import (
    AcknowledgementForm,
    ApprovalForm,
    PublicationForm,
    ReasonForm,
    version_id_of,
)
from consent.policies.types import VersionStage

_STEPS = {
    VersionStage.DRAFT: ("simulate", "submit", "acknowledge"),
    VersionStage.IN_REVIEW: ("simulate", "approve", "send_back"),
    VersionStage.APPROVED: ("simulate", "publish"),
}
"""The steps that a version's page offers."""
STEP_NAMES = frozenset(name for names in _STEPS.values() for name in names)


class LifecycleAdmin(StepAdmin):
    """Takes a version from draft to publication. Each step needs a permission of its own."""

    actions_detail: tuple[str, ...] = ("simulate", "submit", "acknowledge", "approve", "send_back", "publish")

    def has_simulate_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may try versions out: the page is of a room above, which lets them."""
        return request.user.has_perm(settings.SIMULATE_PERMISSION)

    def has_submit_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may submit versions for review, and answer warnings."""
        return request.user.has_perm("consent_policies.submit_policyversion")

    def has_approve_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may approve versions, or send them back."""
        return request.user.has_perm("consent_policies.approve_policyversion")

    def has_publish_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may publish versions."""
        return request.user.has_perm("consent_policies.publish_policyversion")

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Return what is no step, and the steps that come next, if the officer may take them."""
        version_id, now = version_id_of(object_id), timezone.now()
        stage = queries.get_stage(version_id=version_id, at=now)
        steps = set(_STEPS.get(stage, ())) if stage else set()
        if "acknowledge" in steps and not queries.list_open_warnings(version_id=version_id, at=now):
            steps.discard("acknowledge")
        withheld = tuple(f"_{name}" for name in STEP_NAMES - steps)
        offered = super().get_actions_detail(request, object_id)
        return [one for one in offered if stage and not one.action_name.endswith(withheld)]

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="Simulate", permissions=["view", "simulate"], icon="science"
    )
    def simulate(self, _request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Lead to the page that tries the version out on the people on record."""
        return redirect(f"{reverse(settings.SIMULATE_PAGE)}?version={version_id_of(object_id)}")

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="Submit for review",
        permissions=["submit"],
        dialog={
            "title": "Submit for review",
            "description": "Another officer will read this version, see what it changes, and approve it.",
            "form_class": None,
            "form_submit_text": "Submit for review",
        },
    )
    def submit(self, request: HttpRequest, _form: BaseDialogForm, object_id: str) -> HttpResponseBase:
        """Hand the draft over to whoever approves."""
        return self.take_step(
            request,
            object_id,
            lambda: services.submit_for_review(
                version_id=version_id_of(object_id), officer_id=request.user.pk, at=timezone.now()
            ),
            done="Submitted. Another officer can simulate and approve it now.",
        )

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="Acknowledge a warning",
        permissions=["submit"],
        dialog={
            "title": "Acknowledge a warning",
            "description": "The text is laxer than the law table. Say why it stays as it is, or mend it.",
            "form_class": AcknowledgementForm,
            "form_submit_text": "Acknowledge",
        },
    )
    def acknowledge(
        self, request: HttpRequest, form: AcknowledgementForm, object_id: str
    ) -> HttpResponseBase:
        """Keep the officer's answer to one warning."""
        return self.take_step(
            request,
            object_id,
            lambda: services.acknowledge_warning(
                version_id=version_id_of(object_id),
                key=form.cleaned_data["warning"],
                reason=form.cleaned_data["reason"],
                officer_id=officer_id_of(request),
                at=timezone.now(),
            ),
            done="Acknowledged. The reason is kept with the version.",
        )

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="Approve",
        permissions=["approve"],
        dialog={
            "title": "Approve this version",
            "description": (
                "You confirm that you have read the text with this digest, and seen what it would"
                " change. Nobody approves a text that they wrote a part of."
            ),
            "form_class": ApprovalForm,
            "form_submit_text": "Approve",
        },
    )
    def approve(self, request: HttpRequest, form: ApprovalForm, object_id: str) -> HttpResponseBase:
        """Approve the version in review."""
        return self.take_step(
            request,
            object_id,
            lambda: services.approve(
                version_id=version_id_of(object_id),
                approver_id=officer_id_of(request),
                confirmed_digest=form.cleaned_data["confirmed_digest"],
                confirmed_figures=form.cleaned_data["confirmed_figures"],
                at=timezone.now(),
            ),
            done="Approved. It can be published now.",
        )

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="Send back",
        permissions=["approve"],
        dialog={
            "title": "Send back to be edited",
            "description": "The version becomes a draft again. Its author sees why.",
            "form_class": ReasonForm,
            "form_submit_text": "Send back",
        },
    )
    def send_back(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponseBase:
        """Return the version in review to be edited."""
        return self.take_step(
            request,
            object_id,
            lambda: services.return_to_draft(
                version_id=version_id_of(object_id),
                reason=form.cleaned_data["reason"],
                officer_id=officer_id_of(request),
                at=timezone.now(),
            ),
            done="Sent back. It is a draft again.",
        )

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="Publish",
        permissions=["publish"],
        dialog={
            "title": "Publish",
            "description": (
                "From then on all decisions are made by this version. It can never be edited; to go back,"
                " publish a copy of the version before."
            ),
            "form_class": PublicationForm,
            "form_submit_text": "Publish",
        },
    )
    def publish(self, request: HttpRequest, form: PublicationForm, object_id: str) -> HttpResponseBase:
        """Publish the approved version, in force at once or later."""
        now = timezone.now()
        effective_at = form.cleaned_data["effective_at"] or now
        return self.take_step(
            request,
            object_id,
            lambda: services.publish(
                version_id=version_id_of(object_id),
                effective_at=effective_at,
                officer_id=request.user.pk,
                at=now,
            ),
            done=(
                "Published and in force."
                if effective_at <= now
                else f"Published. In force from {effective_at:%Y-%m-%d %H:%M} UTC on."
            ),
        )


def officer_id_of(request: HttpRequest) -> int:
    """Return the id of the officer who is signed in, as every page of the admin requires."""
    officer = request.user.pk
    if officer is None:
        raise PermissionError("nobody is signed in")
    return officer
