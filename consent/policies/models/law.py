"""The law table as rows that officers keep: places, and dated, sourced rows under each."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Left

from consent.policies.document.codes import load_codes
from consent.policies.law.forms import LARGEST_NUMBER, LONGEST_LINE, OLDEST_AGE, UNITS
from consent.policies.law.words import (
    AgeNeed,
    AgeTopic,
    ClockKind,
    ClockUnit,
    Confidence,
    CountingRule,
    Demand,
    DutyKind,
    PracticeKind,
    Right,
    Topic,
)
from consent.policies.models.bounds import begins_once, choices, is_known, is_within, is_written, values
from consent.policies.types import LegalBasis


class Jurisdiction(models.Model):
    """A country, a part of one, or a group of countries that laws are made for."""

    code = models.CharField(max_length=6, primary_key=True)  # ISO 3166-1, ISO 3166-2, EU or EEA
    title = models.CharField(max_length=LONGEST_LINE)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="parts"
    )  # the country that a part belongs to
    groups = ArrayField(
        models.CharField(max_length=6),
        default=list,
        blank=True,
        help_text="Of a country: the groups it is a member of, the nearest first, such as EU,EEA.",
    )
    imported = models.JSONField(null=True, editable=False)  # the row as import_law wrote it

    class Meta:
        verbose_name_plural = "law table"
        constraints = [
            models.CheckConstraint(
                condition=Q(code__in=sorted(load_codes().all_codes)),
                name="jurisdiction_code_known",
                violation_error_message=(
                    "Give an ISO code: a country such as DE or GB, a US state or Canadian province such as "
                    "US-CA, or the group EU or EEA."
                ),
            ),
            is_written("title", "Give the jurisdiction a title."),
            models.CheckConstraint(
                condition=Q(code__contains="-", parent__isnull=False, parent=Left("code", 2))
                | (~Q(code__contains="-") & Q(parent__isnull=True)),
                name="jurisdiction_parent_is_its_country",
                violation_error_message=(
                    "A part of a country, such as US-CA, names that country as its parent; all others "
                    "have none."
                ),
            ),
            models.CheckConstraint(
                condition=Q(groups=[])
                | (
                    Q(groups__contained_by=sorted(load_codes().groups))
                    & ~Q(code__contains="-")
                    & ~Q(code__in=sorted(load_codes().groups))
                ),
                name="jurisdiction_groups_known",
                violation_error_message="Only countries are in groups, and the groups are EU and EEA.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.code})"


class LawRow(models.Model):
    """What every row of the law has: where, since when, says who, and how sure that is.

    An amended rule is a new row with a later first day: the row before it ends by itself.
    """

    jurisdiction = models.ForeignKey(Jurisdiction, on_delete=models.CASCADE, related_name="%(class)s_rows")
    effective_from = models.DateField("from")
    effective_until = models.DateField(
        "until", null=True, blank=True, help_text="The last day, only where the law itself names one."
    )
    citation = models.CharField(max_length=LONGEST_LINE)
    sources = models.TextField(help_text="Where it was read, one source a line.")
    confidence = models.CharField(
        max_length=16,
        choices=choices(Confidence),
        default=Confidence.RECALL.value,  # until somebody says what they have read
        help_text="Seen: the text itself was read. Secondary: a page about it. Recall: from memory.",
    )
    note = models.TextField(blank=True)
    imported = models.JSONField(null=True, editable=False)  # as import_law wrote it; None: an officer's own

    class Meta:
        abstract = True
        constraints = [
            is_written("citation", "Cite the law: the act and its article or section."),
            is_written("sources", "Name at least one source: where the rule was read."),
            is_known("confidence", Confidence),
            models.CheckConstraint(
                condition=Q(effective_until__isnull=True) | Q(effective_until__gte=F("effective_from")),
                name="%(class)s_ends_after_it_begins",
                violation_error_message="The last day cannot be before the first.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.jurisdiction_id} from {self.effective_from}"


class Statute(LawRow):
    """A jurisdiction's privacy law, and the rights it gives."""

    title = models.CharField(max_length=LONGEST_LINE)
    rights = ArrayField(
        models.CharField(max_length=32, choices=choices(Right)),
        default=list,
        blank=True,
        help_text="Separated by commas: access,correct,erase. Empty if nobody has read the law yet.",
    )
    free_requests = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How many requests a year are free, where the law sets a number."
    )

    class Meta(LawRow.Meta):
        constraints = [
            *LawRow.Meta.constraints,
            begins_once(),
            is_written("title", "Give the law a title."),
            is_within("free_requests", 1, LARGEST_NUMBER, optional=True),
            models.CheckConstraint(
                condition=Q(rights__contained_by=values(Right)),
                name="%(class)s_rights_known",
                violation_error_message="Name only rights of the list.",
            ),
        ]


def _fits(counting: CountingRule) -> Q:
    unit = UNITS[counting]
    return Q(counting=counting.value, unit=unit.value if unit else "", within__isnull=unit is None)


class Clock(LawRow):
    """How long a controller has for something."""

    kind = models.CharField("for", max_length=32, choices=choices(ClockKind))
    within = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Empty: without delay, and no number is set."
    )
    unit = models.CharField(max_length=16, choices=choices(ClockUnit), blank=True)
    counting = models.CharField("counted as", max_length=32, choices=choices(CountingRule))
    extension = models.PositiveSmallIntegerField(default=0)
    open_extension = models.BooleanField(
        default=False, help_text="It may be extended by telling the new date, and no number is set."
    )
    extension_notice_within = models.PositiveSmallIntegerField(null=True, blank=True)
    decline_notice_within = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta(LawRow.Meta):
        constraints = [
            *LawRow.Meta.constraints,
            begins_once("kind"),
            is_known("kind", ClockKind),
            is_within("within", 1, LARGEST_NUMBER, optional=True),
            is_within("extension", 0, LARGEST_NUMBER),
            is_within("extension_notice_within", 1, LARGEST_NUMBER, optional=True),
            is_within("decline_notice_within", 1, LARGEST_NUMBER, optional=True),
            models.CheckConstraint(
                condition=Q(*[_fits(counting) for counting in CountingRule], _connector=Q.OR),
                name="%(class)s_counted_in_its_unit",
                violation_error_message=(
                    "Months are counted by a month rule, days by a day rule. Without delay has neither "
                    "number nor unit; every other rule has both."
                ),
            ),
            models.CheckConstraint(
                condition=Q(open_extension=False) | Q(extension=0),
                name="%(class)s_extended_in_one_way",
                violation_error_message="An extension has a number, or is open: not both.",
            ),
        ]


class AgeLimit(LawRow):
    """What the law asks for of people younger than an age."""

    topic = models.CharField(max_length=32, choices=choices(AgeTopic))
    under = models.PositiveSmallIntegerField()
    needs = models.CharField(max_length=16, choices=choices(AgeNeed))

    class Meta(LawRow.Meta):
        constraints = [
            *LawRow.Meta.constraints,
            begins_once("topic", "needs"),
            is_known("topic", AgeTopic),
            is_known("needs", AgeNeed),
            is_within("under", 1, OLDEST_AGE),
        ]


class ConsentDefault(LawRow):
    """What the law asks for before data is used for a topic."""

    topic = models.CharField(
        max_length=32, choices=[pair for pair in choices(Topic) if pair[0] != Topic.ANY.value]
    )
    demand = models.CharField(max_length=16, choices=choices(Demand))
    also_accepted = ArrayField(
        models.CharField(max_length=32, choices=choices(LegalBasis)),
        default=list,
        blank=True,
        help_text="Bases that the law accepts besides, separated by commas: soft_opt_in,contract.",
    )

    class Meta(LawRow.Meta):
        constraints = [
            *LawRow.Meta.constraints,
            begins_once("topic"),
            is_known("topic", Topic, but=Topic.ANY.value),
            is_known("demand", Demand),
            models.CheckConstraint(
                condition=Q(also_accepted__contained_by=values(LegalBasis)),
                name="%(class)s_accepts_known_bases",
                violation_error_message="Name only legal bases of the list.",
            ),
        ]


class Duty(LawRow):
    """Something that a law asks of controllers, or of which it is known that it does not."""

    kind = models.CharField(max_length=32, choices=choices(DutyKind))
    holds = models.BooleanField(default=True)

    class Meta(LawRow.Meta):
        verbose_name_plural = "duties"
        constraints = [*LawRow.Meta.constraints, begins_once("kind"), is_known("kind", DutyKind)]


class Practice(LawRow):
    """What a regulator or a framework recommends."""

    kind = models.CharField(max_length=16, choices=choices(PracticeKind))
    topic = models.CharField(max_length=32, choices=choices(Topic))
    months = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta(LawRow.Meta):
        constraints = [
            *LawRow.Meta.constraints,
            begins_once("kind", "topic"),
            is_known("kind", PracticeKind),
            is_known("topic", Topic),
            is_within("months", 1, LARGEST_NUMBER, optional=True),
        ]


LAW_ROWS: tuple[type[LawRow], ...] = (Statute, Clock, AgeLimit, ConsentDefault, Duty, Practice)
