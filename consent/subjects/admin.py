"""Data subjects in the admin: to read; an officer decides on held links, and undoes links."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from consent.ledger.admin import EvidenceAdmin, StepAdmin
from consent.subjects import services
from consent.subjects.models import HeldLink, Subject, SubjectFact, SubjectLink
from consent.subjects.types import SubjectRef

_DECIDE = "consent_subjects.decide_heldlink"
_STATE_COLOURS = {
    "open": "warning",
    "confirmed": "success",
    "dismissed": "info",
    "erased": "info",
    "stands": "success",
    "undone": "info",
}


class ReasonForm(BaseDialogForm):
    """Asks the officer why. The words are sealed beside the ledger."""

    reason = forms.CharField(
        label="Why", max_length=1000, widget=forms.Textarea(attrs={"rows": 3, "class": "w-full"})
    )


class DecidingAdmin(StepAdmin):
    """Evidence on which an officer takes a step, for a reason."""

    def has_decide_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may decide on links."""
        return request.user.has_perm(_DECIDE)


class DecidedFilter(admin.SimpleListFilter):
    """Held links that await an officer, or those decided on."""

    title = "state"
    parameter_name = "state"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        """Return the two states."""
        return [("open", "Open"), ("decided", "Decided")]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[HeldLink]) -> QuerySet[HeldLink]:
        """Return those in the state chosen."""
        state = self.value()
        return queryset.filter(decided_at__isnull=state == "open") if state else queryset


@admin.register(Subject)
class SubjectAdmin(EvidenceAdmin):
    """Data subjects by pseudonym, the latest first."""

    list_display = ("ref", "version", "created_at", "erased_at")
    search_fields = ("=ref",)
    ordering = ("-created_at", "-ref")


@admin.register(SubjectFact)
class SubjectFactAdmin(EvidenceAdmin):
    """What was said about data subjects besides their choices; what it was lies sealed."""

    list_display = ("subject_id", "version", "name", "controller", "effective_at", "until")
    list_filter = ("name",)
    search_fields = ("=subject__ref",)
    ordering = ("-recorded_at", "-fact_id")


@admin.register(SubjectLink)
class SubjectLinkAdmin(DecidingAdmin):
    """Data subjects found to be one person."""

    list_display = ("left_id", "right_id", "state", "provenance", "linked_at", "unlinked_at")
    search_fields = ("=left__ref", "=right__ref")
    ordering = ("-linked_at", "-pk")
    fields = (("left", "right"), "provenance", ("linked_at", "recorded_at"), "unlinked_at")
    actions_detail = ("undo",)

    @display(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="State", label=_STATE_COLOURS
    )
    def state(self, link: SubjectLink) -> str:
        """Return whether the link stands."""
        return "undone" if link.unlinked_at else "stands"

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Return the undoing, if the link stands and the officer may."""
        stands = SubjectLink.objects.filter(pk=object_id, unlinked_at__isnull=True).exists()
        return super().get_actions_detail(request, object_id) if stands else []

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="Undo this link",
        permissions=["decide"],
        dialog={
            "title": "Undo this link",
            "description": "The two are two people again, each with their own choices. No row links them.",
            "form_class": ReasonForm,
            "form_submit_text": "Undo",
        },
    )
    def undo(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponseBase:
        """Undo the link."""
        link = SubjectLink.objects.get(pk=object_id)
        return self.take_step(
            request,
            object_id,
            lambda: services.unlink_subjects(
                left=SubjectRef(link.left_id),
                right=SubjectRef(link.right_id),
                officer=_officer(request),
                reason=form.cleaned_data["reason"],
                at=timezone.now(),
            ),
            done="Undone. The two are decided on apart.",
        )


@admin.register(HeldLink)
class HeldLinkAdmin(DecidingAdmin):
    """Pairs that a row showed together and that only an officer may link."""

    list_display = ("left_id", "right_id", "state", "reason", "provenance", "held_at", "decided_by")
    list_filter = (DecidedFilter, "reason")
    list_select_related = ("decided_by",)
    search_fields = ("=left__ref", "=right__ref")
    ordering = ("-held_at", "-pk")
    fields = (
        ("left", "right"),
        ("reason", "provenance"),
        "held_at",
        ("decision", "decided_at", "decided_by"),
    )
    actions_detail = ("confirm", "dismiss")

    @display(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="State", label=_STATE_COLOURS
    )
    def state(self, held: HeldLink) -> str:
        """Return what was decided."""
        return held.decision or "open"

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Return the decisions, if none was taken and the officer may take one."""
        is_open = HeldLink.objects.filter(pk=object_id, decided_at__isnull=True).exists()
        return super().get_actions_detail(request, object_id) if is_open else []

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="They are one person",
        permissions=["decide"],
        dialog={
            "title": "Link the two",
            "description": "From now on every no of either counts for both.",
            "form_class": ReasonForm,
            "form_submit_text": "Link them",
        },
    )
    def confirm(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponseBase:
        """Link the two after all."""
        return self.take_step(
            request,
            object_id,
            lambda: services.confirm_held_link(
                held_id=int(object_id),
                officer=_officer(request),
                reason=form.cleaned_data["reason"],
                at=timezone.now(),
            ),
            done="Linked.",
        )

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="They are two people",
        permissions=["decide"],
        dialog={
            "title": "Leave them two",
            "description": "They are not linked, and rows that show them together are not brought up again.",
            "form_class": ReasonForm,
            "form_submit_text": "Leave them two",
        },
    )
    def dismiss(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponseBase:
        """Leave the two apart for good."""
        return self.take_step(
            request,
            object_id,
            lambda: services.dismiss_held_link(
                held_id=int(object_id),
                officer=_officer(request),
                reason=form.cleaned_data["reason"],
                at=timezone.now(),
            ),
            done="Left apart.",
        )


def _officer(request: HttpRequest) -> int:
    """Return the id of the officer who is signed in, as every page of the admin requires."""
    officer = request.user.pk
    if officer is None:
        raise PermissionError("nobody is signed in")
    return officer
