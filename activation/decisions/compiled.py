"""A published policy in the form the engine looks things up in. Frozen, and complete without the document."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from activation.decisions.types import Obligation, PropertyValue
from consent.kernel.periods import Period
from consent.policies.types import LegalBasis

EVERYWHERE = "*"
"""The jurisdiction of a rule that holds where no more specific one does; the country list that bars none."""


class AgeEffect(StrEnum):
    """What a rule's age band asks for."""

    GUARDIAN = "guardian"  # a guardian's consent, whatever the rule's basis
    OWN_CONSENT = "own_consent"  # the person's own consent, whatever the rule's basis
    BARRED = "barred"


@dataclass(frozen=True, slots=True)
class AgeBand:
    """Those younger than `under` years, and not in a younger band."""

    under: int
    effect: AgeEffect


class PropertyType(StrEnum):
    """What the values of a request property are."""

    TEXT = "text"
    NUMBER = "number"
    TRUTH = "truth"


@dataclass(frozen=True, slots=True)
class Condition:
    """A test on one request property. A property that was neither sent nor registered fails it."""

    property: str
    operator: str
    value: PropertyValue | tuple[PropertyValue, ...]
    type: PropertyType | None = None
    """A value of another type fails it. None: a text from before properties were declared."""
    values: frozenset[str] = frozenset()
    """All the values there are, any other of which fails it. Empty: any value of the type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """On which ground a purpose may be pursued, and within which bounds."""

    rule_id: str
    basis: LegalBasis
    direct_marketing: bool = False
    validity: Period | None = None
    double_opt_in: bool = False
    notice: str | None = None
    oldest_notice_version: int = 0
    age_bands: tuple[AgeBand, ...] = ()
    """Ascending by `under`. Empty: the rule asks for no age."""
    age_unknown_accepted: bool = False
    data_categories: frozenset[str] = frozenset()
    special_condition: str | None = None
    transfer_countries: frozenset[str] = frozenset()
    conditions: tuple[Condition, ...] = ()
    signals_honoured: bool = True
    assessment: str | None = None
    unknown_subject_allowed: bool = False
    survives_erasure: bool = False
    survives_restriction: bool = False
    obligations: tuple[Obligation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PurposePolicy:
    """What the policy says of a purpose apart from its rules."""

    active: bool = True
    requires: tuple[str, ...] = ()
    heeds_signals: bool = False
    """True if the purpose is sale, sharing or targeted advertising, to which opt-out signals speak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationPolicy:
    """What the policy permits a recipient."""

    country: str
    third_party: bool
    purposes: frozenset[str]
    data_categories: frozenset[str]
    properties: Mapping[str, PropertyValue] = field(default_factory=dict)
    """What is registered of the recipient, by dotted name: `resource.…`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledPolicy:
    """One published version, ready to decide by."""

    key: str
    version: int
    digest: str
    intact: bool
    """False if the text does not have the digest it was published under."""
    in_force_from: datetime
    in_force_until: datetime | None = None
    establishments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Controller -> the jurisdictions it is established in."""
    purposes: Mapping[str, PurposePolicy] = field(default_factory=dict)
    destinations: Mapping[str, DestinationPolicy] = field(default_factory=dict)
    recipients: Mapping[tuple[str, int], frozenset[str]] = field(default_factory=dict)
    """(Notice, version) -> the third parties it names."""
    special_categories: frozenset[str] = frozenset()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Country -> the groups of jurisdictions it is a member of."""
    rules: Mapping[tuple[str, str], Mapping[str, Rule]] = field(default_factory=dict)
    """(Purpose, controller) -> jurisdiction -> the rule."""

    def rules_for(self, purpose: str, controller: str) -> Mapping[str, Rule]:
        """Return the rules of `purpose` for `controller`, by jurisdiction."""
        return self.rules.get((purpose, controller), {})

    def has_rule_for_everywhere(self, purpose: str, controller: str) -> bool:
        """Return whether `purpose` has a rule that holds in any jurisdiction."""
        return EVERYWHERE in self.rules_for(purpose, controller)

    def chain(self, jurisdiction: str) -> tuple[str, ...]:
        """Return where to look for a rule: most specific first (`US-CA`, `US`, its groups, `*`)."""
        country = jurisdiction.partition("-")[0]
        own = (jurisdiction,) if country == jurisdiction else (jurisdiction, country)
        return (*own, *self.groups.get(country, ()), EVERYWHERE)


NO_POLICY = CompiledPolicy(
    key="", version=0, digest="", intact=False, in_force_from=datetime.max.replace(tzinfo=UTC)
)
"""What stands for "no policy was published": everything is denied under it."""
