"""Rules of drafts in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Max
from django.http import HttpRequest

from consent.policies.admin.editing import PartAdmin, PropertyInline, TabularDraftInline
from consent.policies.admin.fields import ExactText
from consent.policies.models import AgeBand, Rule, RuleCondition, RuleObligation


class AgeBandInline(TabularDraftInline):
    """What the rule asks of the young."""

    model = AgeBand
    fields = ("under", "effect")
    ordering = ("under", "pk")
    hide_title = True


class RuleConditionInline(PropertyInline):
    """Tests on the request."""

    model = RuleCondition
    fields = ("property", "operator", "value")
    ordering = ("position", "pk")
    hide_title = True


class RuleObligationInline(TabularDraftInline):
    """What must be done to columns."""

    model = RuleObligation
    fields = ("treatment", "column", "value")
    ordering = ("position", "pk")
    hide_title = True

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Return the field: a text that a column is set to may begin or end in blanks."""
        if db_field.name == "value":
            options["form_class"] = ExactText
        return super().formfield_for_dbfield(db_field, request, **options)


@admin.register(Rule)
class RuleAdmin(PartAdmin):
    """The rules of every version."""

    list_display = ("slug", "basis", "purposes", "jurisdictions", "version")
    list_filter = ("basis", "direct_marketing")
    search_fields = ("slug", "purposes", "jurisdictions")
    ordering = ("-version", "position", "slug", "pk")
    fieldsets = (
        (
            "What and where",
            {"fields": ("belongs_to", "slug", "purposes", "jurisdictions", "controllers", "position")},
        ),
        ("Basis", {"fields": ("basis", "assessment", "direct_marketing", "validity", "double_opt_in")}),
        ("Notice", {"fields": (("notice", "oldest_notice_version"),)}),
        ("Age", {"fields": ("age_unknown",)}),
        ("Data and transfers", {"fields": ("data_categories", "special_condition", "transfer_countries")}),
        ("Signals and strangers", {"fields": ("signals", "unknown_subject")}),
        ("Afterwards", {"fields": ("survives_erasure", "survives_restriction")}),
    )
    picked = ("notice",)
    inlines = (AgeBandInline, RuleConditionInline, RuleObligationInline)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Put a new rule behind the others."""
        version = self.find_parent(request)
        last = Rule.objects.filter(version_id=version.pk if version else None).aggregate(last=Max("position"))
        return {**super().get_changeform_initial_data(request), "position": (last["last"] or 0) + 1}

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Put new conditions and obligations behind the others."""
        if hasattr(formset.model, "position"):
            last = max((row.position for row in formset.get_queryset()), default=0)
            for position, new in enumerate(formset.extra_forms, start=last + 1):
                new.instance.position = position
        super().save_formset(request, form, formset, change)
