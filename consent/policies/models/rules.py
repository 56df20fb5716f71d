"""Rules: which purpose rests on which basis, where, and what it asks."""

from django.db import models
from django.db.models import Q

from consent.policies.models.part import (
    PROPERTY,
    SLUG,
    DraftOnly,
    NeverEmptied,
    Part,
    VersionPart,
    choices_of,
    names_field,
    once,
    one_line,
    one_of,
    well_formed,
)
from consent.policies.types import LegalBasis

_OF_RULE = "(SELECT version_id FROM consent_policies_rule WHERE id = {row}.rule_id)"
_BASES = [basis.value for basis in LegalBasis]
_ANSWERS = ["deny", "accept"]
_STRANGERS = ["deny", "allow"]
_BAND_EFFECTS = ["guardian", "own_consent", "barred"]
_OPERATORS = ["eq", "ne", "in", "lt", "lte", "gt", "gte"]
_TREATMENTS = ["drop", "mask", "set", "signal"]
_SIGNALS = ["tcf", "gpp", "usp"]


def honours_gpc() -> list[str]:
    """Return the signals that a rule honours unless it says otherwise. Migrations name this function."""
    return ["gpc"]


class Rule(VersionPart):
    """On which ground purposes are pursued in some jurisdictions. What no rule covers is denied."""

    position = models.PositiveIntegerField(default=0, help_text="Where it stands among the rules.")
    slug = models.CharField("id", max_length=64, help_text="Names the rule in decisions.")
    purposes = names_field(help_text="Exactly these purposes; never their descendants.")
    jurisdictions = names_field(
        max_length=6, help_text="Where it holds; '*' is anywhere. The most specific rule speaks."
    )
    controllers = names_field(max_length=64, help_text="For whom it holds; none named means for all.")
    basis = models.CharField("legal basis", max_length=32, choices=choices_of(_BASES))
    direct_marketing = models.BooleanField(
        default=False, help_text="Every no is honoured, whatever the basis (GDPR Art. 21(2) and (3))."
    )
    validity = models.CharField(
        max_length=32, blank=True, help_text="How long a yes lasts, such as 'P13M'. Empty: until withdrawn."
    )
    double_opt_in = models.BooleanField(default=False, help_text="A yes counts once it was confirmed.")
    notice = models.CharField(
        max_length=64, blank=True, help_text="The notice that a yes must have been given on."
    )
    oldest_notice_version = models.PositiveIntegerField(
        null=True, blank=True, help_text="The oldest version of the notice that is good enough."
    )
    age_unknown = models.CharField(
        "if the age is unknown",
        max_length=8,
        choices=choices_of(_ANSWERS),
        default="deny",
        help_text="Heard only where the rule has age bands.",
    )
    data_categories = names_field(help_text="The data this rule permits.")
    special_condition = models.CharField(
        max_length=200,
        blank=True,
        help_text="On what special categories are used without explicit consent, such as 'Art. 9(2)(h)'.",
    )
    transfer_countries = names_field(
        max_length=6, help_text="The countries that data may be sent to; '*' alone is any."
    )
    signals = names_field(default=honours_gpc, max_length=8, help_text="The opt-out signals it honours.")
    assessment = models.CharField(
        max_length=200, blank=True, help_text="What the basis rests on, such as 'LIA-2026-04' or a DPIA."
    )
    unknown_subject = models.CharField(
        "if the person is unknown", max_length=8, choices=choices_of(_STRANGERS), default="deny"
    )
    survives_erasure = models.BooleanField(
        default=False, help_text="Holds after an erasure too (GDPR Art. 17(3))."
    )
    survives_restriction = models.BooleanField(
        default=False, help_text="Holds during a restriction too (GDPR Art. 18(2))."
    )

    class Meta(VersionPart.Meta):
        constraints = [
            once("rule", "version", "slug", message="This version has a rule of that id already."),
            well_formed(
                "rule",
                "slug",
                SLUG,
                expected="a slug: lower-case letters, digits, '_' and '-', beginning with a letter",
            ),
            one_of("rule", "basis", _BASES),
            one_of("rule", "age_unknown", _ANSWERS),
            one_of("rule", "unknown_subject", _STRANGERS),
            one_line("rule", "special_condition", optional=True),
            one_line("rule", "assessment", optional=True),
            well_formed(
                "rule",
                "validity",
                r"^(P([0-9]+[YMWD])+)?$",
                expected="a period of at least a day, such as 'P13M'",
            ),
            models.CheckConstraint(
                condition=Q(notice="", oldest_notice_version__isnull=True)
                | (
                    ~Q(notice="")
                    & Q(
                        oldest_notice_version__isnull=False,  # else NULL would pass
                        oldest_notice_version__gte=1,
                        oldest_notice_version__lte=9999,
                    )
                ),
                name="rule_notice_and_version",
                violation_error_code="oldest_notice_version",
                violation_error_message="A notice goes with its oldest version that counts (1 to 9999).",
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class AgeBand(Part):
    """What a rule asks of those younger than some age, and not in a younger band."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="bands")
    under = models.PositiveIntegerField(help_text="Years.")
    effect = models.CharField(
        max_length=16,
        choices=choices_of(_BAND_EFFECTS),
        help_text="A guardian must consent; the person must; or nobody can.",
    )

    class Meta(Part.Meta):
        triggers = [DraftOnly(_OF_RULE), NeverEmptied()]
        constraints = [
            once("ageband", "rule", "under", message="The rule has a band of that age already."),
            one_of("ageband", "effect", _BAND_EFFECTS),
            models.CheckConstraint(
                condition=Q(under__gte=1, under__lte=25),
                name="ageband_under_in_range",
                violation_error_code="under",
                violation_error_message="Expected an age in whole years from 1 to 25.",
            ),
        ]

    def __str__(self) -> str:
        return f"under {self.under}: {self.effect}"


class RuleCondition(Part):
    """A test on one property of the request. A property that was not sent fails it."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="conditions")
    position = models.PositiveIntegerField(default=0)
    property = models.CharField(max_length=200, help_text="Such as 'resource.region'.")
    operator = models.CharField(max_length=8, choices=choices_of(_OPERATORS))
    value = models.JSONField(help_text='As JSON: "eu-1", 18, true, or for \'in\' a list such as ["eu-1"].')

    class Meta(Part.Meta):
        verbose_name = "condition"
        triggers = [DraftOnly(_OF_RULE), NeverEmptied()]
        constraints = [
            well_formed(
                "rulecondition",
                "property",
                PROPERTY,
                expected="a property such as 'resource.region', of 'subject.', 'resource.' or 'action.'",
            ),
            one_of("rulecondition", "operator", _OPERATORS),
        ]

    def __str__(self) -> str:
        return f"{self.property} {self.operator}"


class RuleObligation(Part):
    """What must be done to a column of a recipient's copy before it is used."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="obligations")
    position = models.PositiveIntegerField(default=0)
    treatment = models.CharField(
        max_length=8,
        choices=choices_of(_TREATMENTS),
        help_text="Leave the column out, replace it by a digest, set it to a text or to the person's string.",
    )
    column = models.CharField(max_length=200)
    value = models.CharField(
        max_length=1000,
        blank=True,
        help_text="For mask: sha256. For set: the text. For signal: tcf, gpp or usp. For drop: nothing.",
    )

    class Meta(Part.Meta):
        verbose_name = "obligation"
        triggers = [DraftOnly(_OF_RULE), NeverEmptied()]
        constraints = [
            once(
                "ruleobligation",
                "rule",
                "treatment",
                "column",
                message="The rule treats that column so already.",
            ),
            one_of("ruleobligation", "treatment", _TREATMENTS),
            well_formed("ruleobligation", "column", r"\S", expected="the name of a column"),
            models.CheckConstraint(
                condition=Q(treatment="drop", value="")
                | Q(treatment="mask", value="sha256")
                | Q(treatment="set")
                | Q(treatment="signal", value__in=_SIGNALS),
                name="ruleobligation_value_fits",
                violation_error_code="value",
                violation_error_message=(
                    "For mask, expected 'sha256'; for signal, 'tcf', 'gpp' or 'usp'; for drop, nothing."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.treatment} {self.column}"
