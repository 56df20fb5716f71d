"""The law table in the admin: to read, to search, and to keep up to date."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django.contrib import admin
from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, Q, QuerySet, TextField
from django.http import HttpRequest
from unfold.admin import ModelAdmin, StackedInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from consent.policies.law.rows import is_an_officers
from consent.policies.law.words import Confidence
from consent.policies.models import (
    LAW_ROWS,
    AgeLimit,
    Clock,
    ConsentDefault,
    Duty,
    Jurisdiction,
    LawRow,
    Practice,
    Statute,
)

CHECK_BEFORE_USE = "check before use"
_CERTAINTY = {
    Confidence.SEEN.value: "text seen",
    Confidence.SECONDARY.value: "secondary source",
    Confidence.RECALL.value: CHECK_BEFORE_USE,
}
_WIDGETS = {
    ArrayField: {"widget": UnfoldAdminTextInputWidget},  # the words of a list, separated by commas
    TextField: {"widget": UnfoldAdminTextareaWidget(attrs={"rows": 2})},
}
_WHAT: dict[type[LawRow], tuple[Any, ...]] = {
    Statute: ("title", "rights", "free_requests"),
    Clock: (
        ("kind", "counting"),
        ("within", "unit"),
        ("extension", "open_extension"),
        ("extension_notice_within", "decline_notice_within"),
    ),
    AgeLimit: (("topic", "needs"), "under"),
    ConsentDefault: (("topic", "demand"), "also_accepted"),
    Duty: (("kind", "holds"),),
    Practice: (("kind", "topic"), "months"),
}
"""The fields of each kind alone, as its form lays them out."""
_SAID_BY = (("effective_from", "effective_until"), "citation", "sources", "confidence", "note")


class LawInline(StackedInline):
    """The rows of one kind under a jurisdiction, the latest first."""

    extra = 0
    tab = True
    show_change_link = True
    ordering = ("-effective_from", "pk")
    formfield_overrides = _WIDGETS

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        """Return what the row says, then who says so."""
        return (*_WHAT[self.model], *_SAID_BY)


class StatuteInline(LawInline):
    """Privacy laws."""

    model = Statute


class ClockInline(LawInline):
    """Periods."""

    model = Clock


class AgeLimitInline(LawInline):
    """Age limits."""

    model = AgeLimit


class ConsentDefaultInline(LawInline):
    """What is asked for before data is used."""

    model = ConsentDefault


class DutyInline(LawInline):
    """Duties."""

    model = Duty


class PracticeInline(LawInline):
    """What regulators recommend."""

    model = Practice


@admin.register(Jurisdiction)
class JurisdictionAdmin(ModelAdmin):
    """Places, each with the rows of the law under it. A place is never deleted: policies name it."""

    list_display = ("code", "title", "parent", "in_groups", "doubtful")
    list_filter = ("parent",)
    list_select_related = ("parent",)
    list_per_page = 50
    search_fields = ("code", "title")
    ordering = ("code",)
    fields = ("code", "title", "parent", "groups")
    formfield_overrides = _WIDGETS
    inlines = (
        StatuteInline,
        ConsentDefaultInline,
        AgeLimitInline,
        DutyInline,
        ClockInline,
        PracticeInline,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Jurisdiction]:
        """Return the places, each with how many of its rows are from memory."""
        counts = {
            f"doubtful_{model._meta.model_name}": Count(
                f"{model._meta.model_name}_rows",
                filter=Q(**{f"{model._meta.model_name}_rows__confidence": Confidence.RECALL.value}),
                distinct=True,
            )
            for model in LAW_ROWS
        }
        found: QuerySet[Jurisdiction] = super().get_queryset(request).annotate(**counts)
        return found

    def get_readonly_fields(self, request: HttpRequest, obj: Jurisdiction | None = None) -> tuple[str, ...]:
        """Return the code once it is given: rows and policies name it."""
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Jurisdiction | None = None) -> bool:
        """Return False."""
        return False

    @admin.display(description="Groups")
    def in_groups(self, place: Jurisdiction) -> str:
        """Return the groups that the country is in."""
        return ", ".join(place.groups)

    @display(description="Check before use", label={CHECK_BEFORE_USE: "warning"})  # type: ignore[untyped-decorator]  # unfold has no types
    def doubtful(self, place: Any) -> tuple[str, str] | None:
        """Return how many rows somebody should check, behind the word that gives the label its colour."""
        number = sum(getattr(place, f"doubtful_{model._meta.model_name}") for model in LAW_ROWS)
        return (CHECK_BEFORE_USE, f"{number} to check") if number else None


class LawRowAdmin(ModelAdmin):
    """The rows of one kind, of all jurisdictions."""

    list_filter = ("confidence", "jurisdiction")
    list_select_related = ("jurisdiction",)
    list_per_page = 50
    search_fields = ("=jurisdiction__code", "jurisdiction__title", "citation", "sources", "note")
    ordering = ("jurisdiction", "-effective_from", "pk")
    formfield_overrides = _WIDGETS
    actions = None  # rows are changed one by one; the theme's bar of actions also breaks the content policy
    said: tuple[str, ...] = ()
    """The columns of this kind alone."""

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the columns: where, what, since when, who says so, and how sure that is."""
        return ("jurisdiction", *self.said, "effective_from", "citation", "certainty", "written_by")

    def get_fields(self, request: HttpRequest, obj: LawRow | None = None) -> tuple[Any, ...]:
        """Return the fields of the row's page."""
        return ("jurisdiction", *_WHAT[self.model], *_SAID_BY)

    @display(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Certainty",
        ordering="confidence",
        label={"text seen": "success", "secondary source": "info", CHECK_BEFORE_USE: "warning"},
    )
    def certainty(self, row: LawRow) -> str:
        """Return how sure the row is."""
        return _CERTAINTY[row.confidence]

    @display(description="Written by", label={"officer": "primary"})  # type: ignore[untyped-decorator]  # unfold has no types
    def written_by(self, row: LawRow) -> str:
        """Return whether the row is as an import wrote it, or an officer's."""
        return "officer" if is_an_officers(row) else "import"


@admin.register(Statute)
class StatuteAdmin(LawRowAdmin):
    """Privacy laws and the rights they give."""

    said = ("title",)


@admin.register(Clock)
class ClockAdmin(LawRowAdmin):
    """How long a controller has."""

    said = ("kind", "within", "unit", "extension")


@admin.register(AgeLimit)
class AgeLimitAdmin(LawRowAdmin):
    """What is asked for of the young."""

    said = ("topic", "needs", "under")


@admin.register(ConsentDefault)
class ConsentDefaultAdmin(LawRowAdmin):
    """What is asked for before data is used."""

    said = ("topic", "demand", "also_accepted")


@admin.register(Duty)
class DutyAdmin(LawRowAdmin):
    """What is asked of controllers besides."""

    said = ("kind", "holds")


@admin.register(Practice)
class PracticeAdmin(LawRowAdmin):
    """What regulators and frameworks recommend."""

    said = ("kind", "topic", "months")
