"""The parts that a version's rules rest on: who decides, where, about what data, for what, to whom."""

from django.db import models

from consent.policies.models.part import (
    DOTTED,
    SLUG,
    VersionPart,
    choices_of,
    names_field,
    once,
    one_line,
    one_of,
    well_formed,
)

_A_SLUG = "a slug: lower-case letters, digits, '_' and '-', beginning with a letter"
_A_DOTTED_SLUG = "a dotted slug such as 'marketing.email': lower-case words joined by dots"
_PURPOSE_STATUSES = ["active", "retired"]
_ROLES = ["processor", "third_party"]
_KINDS = ["ad_platform", "cx_tool", "personalisation_engine", "feature_store", "file"]
_TWICE = "This version has one of that name already."


class Controller(VersionPart):
    """Who decides on purposes and means (GDPR Art. 4(7)), such as a brand of a group."""

    slug = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    establishment = names_field(
        max_length=6,
        help_text="Codes of where it is established; the law there applies to all it deals with.",
    )

    class Meta(VersionPart.Meta):
        constraints = [
            once("controller", "version", "slug", message=_TWICE),
            well_formed("controller", "slug", SLUG, expected=_A_SLUG),
            one_line("controller", "title"),
        ]

    def __str__(self) -> str:
        return self.slug


class PolicyJurisdiction(VersionPart):
    """A jurisdiction that the rules of this version name."""

    code = models.CharField(max_length=6, help_text="Such as 'DE', 'US-CA' or 'EU'.")
    title = models.CharField(max_length=200)
    members = names_field(
        max_length=6, help_text="Of a group only: the countries whose people the group's rules reach."
    )

    class Meta(VersionPart.Meta):
        verbose_name = "jurisdiction"
        constraints = [
            once("policyjurisdiction", "version", "code", message=_TWICE),
            well_formed(
                "policyjurisdiction",
                "code",
                r"^[A-Z]{2,3}(-[A-Z0-9]{1,3})?$",
                expected="a code such as 'DE', 'US-CA' or 'EU'",
            ),
            one_line("policyjurisdiction", "title"),
        ]

    def __str__(self) -> str:
        return self.code


class DataCategory(VersionPart):
    """A kind of personal data that purposes, rules and destinations name."""

    slug = models.CharField(max_length=128)
    title = models.CharField(max_length=200)
    data_category = models.CharField(
        "fideslang category", max_length=128, help_text="Such as 'user.contact.email'."
    )
    special = models.BooleanField(default=False, help_text="Data of GDPR Art. 9.")

    class Meta(VersionPart.Meta):
        verbose_name_plural = "data categories"
        constraints = [
            once("datacategory", "version", "slug", message=_TWICE),
            well_formed("datacategory", "slug", DOTTED, expected=_A_DOTTED_SLUG),
            well_formed("datacategory", "data_category", DOTTED, expected=_A_DOTTED_SLUG),
            one_line("datacategory", "title"),
        ]

    def __str__(self) -> str:
        return self.slug


class Purpose(VersionPart):
    """What data is used for. A no to it covers everything below it; a yes covers only itself."""

    slug = models.CharField(max_length=128, help_text="Dots make a hierarchy: 'marketing.email'.")
    title = models.CharField(max_length=200)
    description = models.TextField(help_text="In plain words, for the people whose data it is.")
    status = models.CharField(
        max_length=16, choices=choices_of(_PURPOSE_STATUSES), default="active", help_text="Retired: denied."
    )
    data_categories = names_field(help_text="The data this purpose works with.")
    data_use = models.CharField(
        "fideslang data use", max_length=128, help_text="Such as 'marketing.communications.email'."
    )
    dpv = models.CharField(
        "DPV term", max_length=200, blank=True, help_text="Such as 'https://w3id.org/dpv#DirectMarketing'."
    )
    data_subjects = names_field(help_text="Whose data it is, by fideslang's data subjects.", max_length=64)
    requires = names_field(help_text="Purposes that must be allowed too.")
    opt_out_signals = names_field(
        help_text="What opt-out signals such as the Global Privacy Control see in it.", max_length=32
    )

    class Meta(VersionPart.Meta):
        constraints = [
            once("purpose", "version", "slug", message=_TWICE),
            well_formed("purpose", "slug", DOTTED, expected=_A_DOTTED_SLUG),
            well_formed("purpose", "data_use", DOTTED, expected=_A_DOTTED_SLUG),
            well_formed(
                "purpose",
                "dpv",
                r"^(https://w3id\.org/dpv[A-Za-z0-9/_.-]*#[A-Za-z0-9_-]+)?$",
                expected="the address of a DPV term, such as 'https://w3id.org/dpv#DirectMarketing'",
            ),
            well_formed("purpose", "description", r"\S", expected="some text"),
            one_of("purpose", "status", _PURPOSE_STATUSES),
            one_line("purpose", "title"),
        ]

    def __str__(self) -> str:
        return self.slug


class DestinationPermission(VersionPart):
    """What a recipient may be given, and for what. Whether it exists is the register's to say."""

    slug = models.CharField(max_length=64, help_text="As in the register of destinations.")
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=32, choices=choices_of(_KINDS))
    role = models.CharField(
        max_length=16,
        choices=choices_of(_ROLES),
        help_text="A third party uses the data for its own ends; a consent must have named it.",
    )
    country = models.CharField(max_length=2, help_text="The country that the data goes to, such as 'DE'.")
    contract = models.CharField(max_length=200, blank=True, help_text="Such as a data processing agreement.")
    purposes = names_field(help_text="What it may be given data for.")
    data_categories = names_field(
        help_text="The data it may receive; a question that names none means all of these."
    )

    class Meta(VersionPart.Meta):
        verbose_name = "destination"
        constraints = [
            once("destinationpermission", "version", "slug", message=_TWICE),
            well_formed("destinationpermission", "slug", SLUG, expected=_A_SLUG),
            well_formed(
                "destinationpermission", "country", r"^[A-Z]{2}$", expected="a country code such as 'DE'"
            ),
            one_of("destinationpermission", "kind", _KINDS),
            one_of("destinationpermission", "role", _ROLES),
            one_line("destinationpermission", "title"),
            one_line("destinationpermission", "contract", optional=True),
        ]

    def __str__(self) -> str:
        return self.slug
