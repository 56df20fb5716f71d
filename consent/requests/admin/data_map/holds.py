"""Legal holds in the admin: officers place and lift them; nobody changes or deletes one."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from consent.kernel.errors import AccordantError
from consent.requests.models import LegalHold
from consent.requests.systems.holding import lift_hold, place_hold


class HoldForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """One hold."""

    class Meta:
        model = LegalHold
        fields = ("reference", "ground", "system", "dataset", "subject_ref", "since", "until")

    def clean(self) -> dict[str, Any]:
        """Refuse a hold of everything, or of two places."""
        cleaned = super().clean() or {}
        system, dataset = cleaned.get("system"), cleaned.get("dataset")
        if system and dataset:
            self.add_error("dataset", "Name a system or a dataset, and not both.")
        if not system and not dataset and not cleaned.get("subject_ref"):
            raise forms.ValidationError("Name a system, a dataset or a person.")
        return cleaned


class StandingFilter(admin.SimpleListFilter):
    """Holds that stand, or do not."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the two."""
        return [("standing", "standing"), ("over", "lifted or over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LegalHold]) -> QuerySet[LegalHold]:
        """Return those in the state chosen."""
        today = timezone.now().date()
        stands = Q(lifted_at=None) & (Q(until=None) | Q(until__gte=today))
        if self.value() is None:
            return queryset
        return queryset.filter(stands) if self.value() == "standing" else queryset.exclude(stands)


@admin.register(LegalHold)
class LegalHoldAdmin(ModelAdmin):
    """What must not be erased for now."""

    form = HoldForm
    list_display = ("reference", "ground", "place", "whom", "since", "until", "lifted_at")
    list_filter = (StandingFilter, "system")
    list_select_related = ("system", "dataset")
    list_per_page = 50
    search_fields = ("reference", "ground", "=subject_ref")
    ordering = ("-placed_at", "pk")
    actions = ("lift",)

    @admin.display(description="Of what")
    def place(self, hold: LegalHold) -> str:
        """Return what it names."""
        return str(hold.dataset or hold.system or "everything")

    @display(description="Of whom")  # type: ignore[untyped-decorator]  # unfold ships no types
    def whom(self, hold: LegalHold) -> str:
        """Return whether it is about one person."""
        return "one person" if hold.subject_ref else "everybody"

    def has_change_permission(self, request: HttpRequest, obj: LegalHold | None = None) -> bool:
        """Return False for one hold: it is lifted by the list's action, which needs the list."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: LegalHold | None = None) -> bool:
        """Return False: certificates name it."""
        return False

    def save_model(self, request: HttpRequest, obj: LegalHold, form: Any, change: bool) -> None:
        """Place the hold. Django passes `change` by position."""
        placed = place_hold(
            reference=obj.reference,
            ground=obj.ground,
            since=obj.since,
            until=obj.until,
            system=obj.system,
            dataset=obj.dataset,
            subject_ref=obj.subject_ref,
            officer_id=request.user.pk,
        )
        obj.pk = placed.pk

    @action(description="Lift", permissions=["change"])  # type: ignore[untyped-decorator]  # unfold ships no types
    def lift(self, request: HttpRequest, queryset: QuerySet[LegalHold]) -> None:
        """Lift the selected holds."""
        at = timezone.now()
        for pk in queryset.order_by("pk").values_list("pk", flat=True):
            try:
                lift_hold(pk, officer_id=request.user.pk, at=at)
            except AccordantError as refusal:
                self.message_user(request, str(refusal), messages.ERROR)
            else:
                self.message_user(request, "The hold was lifted.", messages.SUCCESS)
