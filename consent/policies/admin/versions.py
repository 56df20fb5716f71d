"""Policies in the admin: to read, and to take a version one step further."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from consent.policies import queries, services
from consent.policies.admin.compare import ComparingAdmin
from consent.policies.document.writing import write_yaml
from consent.policies.models import PolicyVersion
from consent.policies.types import PolicyStatus

_SHORT_DIGEST = len("sha256:") + 12
_STEPS = {
    PolicyStatus.DRAFT: "submit",
    PolicyStatus.IN_REVIEW: "approve",
    PolicyStatus.APPROVED: "publish_now",
}
"""The one step that a version's page offers."""
_STATUS_COLOURS = {
    "draft": "info",
    "in review": "warning",
    "approved": "primary",
    "published": "success",
}


class ApprovalForm(BaseDialogForm):
    """Carries the digest of the text that the approver has on screen."""

    confirmed_digest = forms.CharField(
        label="Digest of the text you have read",
        widget=forms.Textarea(attrs={"readonly": True, "rows": 2, "class": "font-mono text-xs break-all"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        shown = PolicyVersion.objects.filter(pk=_version_id(self.object_id)).values_list("digest", flat=True)
        self.fields["confirmed_digest"].initial = shown.first()


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ComparingAdmin):
    """The versions, newest first, each with its text and the next step on its way."""

    list_display = ("name", "step", "short_digest", "author", "approver", "effective_at")
    list_filter = ("status", "key")
    list_select_related = ("author", "approver")
    ordering = ("-created_at", "-pk")
    fields = (
        ("key", "version", "status"),
        "digest",
        ("author", "created_at"),
        ("approver", "approved_at"),
        "confirmed_digest",
        ("published_at", "effective_at"),
        "text",
    )
    actions_detail = ("submit", "approve", "publish_now", "compare")

    @admin.display(description="Version", ordering="version")
    def name(self, version: PolicyVersion) -> str:
        """Return the policy's key and the version's number."""
        return str(version)

    @display(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="Status", ordering="status", label=_STATUS_COLOURS
    )
    def step(self, version: PolicyVersion) -> str:
        """Return where the version stands, in words."""
        return version.status.replace("_", " ")

    @admin.display(description="Digest")
    def short_digest(self, version: PolicyVersion) -> str:
        """Return the digest's beginning."""
        return f"{version.digest[:_SHORT_DIGEST]}…"

    @admin.display(description="Text")
    def text(self, version: PolicyVersion) -> str:
        """Return the document as YAML, escaped."""
        document = queries.get_document(version_id=version.pk) or {}
        return format_html(
            '<pre class="font-mono text-xs whitespace-pre-wrap">{}</pre>', write_yaml(document)
        )

    def has_submit_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may submit versions for review."""
        return request.user.has_perm("consent_policies.submit_policyversion")

    def has_approve_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may approve versions."""
        return request.user.has_perm("consent_policies.approve_policyversion")

    def has_publish_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may publish versions."""
        return request.user.has_perm("consent_policies.publish_policyversion")

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Return the step that comes next, if the officer may take it, and the look at what differs."""
        version = PolicyVersion.objects.filter(pk=_version_id(object_id)).only("status").first()
        step = _STEPS.get(PolicyStatus(version.status)) if version else None
        offered = super().get_actions_detail(request, object_id)
        return [one for one in offered if one.action_name.endswith((f"_{step}", "_compare"))]

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="Submit for review",
        permissions=["submit"],
        dialog={
            "title": "Submit for review",
            "description": "Another officer will read and approve this version.",
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
                version_id=_version_id(object_id), officer_id=request.user.pk, at=timezone.now()
            ),
            done="Submitted. Another officer can approve it now.",
        )

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="Approve",
        permissions=["approve"],
        dialog={
            "title": "Approve this version",
            "description": (
                "You confirm that you have read the text with this digest. Nobody approves their own text."
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
                version_id=_version_id(object_id),
                approver_id=_officer(request),
                confirmed_digest=form.cleaned_data["confirmed_digest"],
                at=timezone.now(),
            ),
            done="Approved. It can be published now.",
        )

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="Publish now",
        permissions=["publish"],
        dialog={
            "title": "Publish now",
            "description": "From this moment all decisions are made by this version. It can never be edited.",
            "form_class": None,
            "form_submit_text": "Publish now",
        },
    )
    def publish_now(self, request: HttpRequest, _form: BaseDialogForm, object_id: str) -> HttpResponseBase:
        """Publish the approved version, in force at once."""
        now = timezone.now()
        return self.take_step(
            request,
            object_id,
            lambda: services.publish(
                version_id=_version_id(object_id), effective_at=now, officer_id=request.user.pk, at=now
            ),
            done="Published and in force.",
        )


def _version_id(object_id: object) -> int:
    """Return the number in a page's address; a page that has none does not exist."""
    text = str(object_id)
    if not (text.isascii() and text.isdigit()):
        raise Http404
    return int(text)


def _officer(request: HttpRequest) -> int:
    """Return the id of the officer who is signed in, as every page of the admin requires."""
    officer = request.user.pk
    if officer is None:
        raise PermissionError("nobody is signed in")
    return officer
