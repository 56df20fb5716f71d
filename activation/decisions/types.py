"""Questions, states and decisions: the values that go into and come out of the engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from activation.decisions.reasons import Effect, Reason
from consent.policies.types import LegalBasis
from consent.records.types import ChoiceRecord
from consent.subjects.types import Fact, Link, WriteToken

NOT_HONOURED = "obligations_not_honoured"
"""Why whoever acts on an allow denies it: its obligations cannot be carried out. No decision gives it."""
PropertyValue = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One subject of a linked group, with all that is on record about it."""

    subject_ref: str
    version: int
    choices: tuple[ChoiceRecord, ...] = ()
    facts: tuple[Fact, ...] = ()
    erased_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectState:
    """What the store knows about the person asked about, and how fresh that knowledge is."""

    asked: frozenset[str] = frozenset()
    """The subject references that the question's identifiers led to. None: an unknown person.

    Several that no link joins: an ambiguous one."""
    members: tuple[Member, ...] = ()
    """Those asked about and all that were ever linked to them."""
    links: tuple[Link, ...] = ()
    available: bool = True
    """False: the store could not be read, and nothing else here means anything."""
    complete_at: datetime | None = None
    """Everything recorded up to this time is in here. None: not known."""
    watermark: int = 0
    """Size of the ledger that this state rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """May this person's data be used for this purpose at this destination, by this controller?"""

    purpose: str
    destination: str
    controller: str
    data_categories: frozenset[str] | None = None
    """None means all that the destination may receive."""
    jurisdiction_hint: str | None = None
    properties: Mapping[str, PropertyValue | None] = field(default_factory=dict)
    """Request properties by dotted name: `subject.…`, `resource.…`, `action.…`. None: sent, as no value that
    a property can have."""
    as_of: datetime | None = None
    """Decide by what was in force then."""
    known_at: datetime | None = None
    """Decide by what we knew then."""
    max_staleness: timedelta | None = None
    at_least: WriteToken | None = None


@dataclass(frozen=True, slots=True)
class Obligation:
    """One thing the caller must do to the data before using it; one that cannot must take it as a deny."""

    kind: str
    """`drop`, `mask`, `set` or `signal`; or `tcf_vendor`, which speaks of no field."""
    field: str
    """The column. For `tcf_vendor`, the vendor's number in the Global Vendor List."""
    value: str = ""
    """The masking method, the value to set, or the kind of the person's string; empty for `drop`. For
    `tcf_vendor`, the framework's purposes, with blanks between: the person's TC string must let the vendor
    pursue each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer, with everything needed to explain and to replay it."""

    effect: Effect
    reason: Reason
    purpose: str
    destination: str
    legal_basis: LegalBasis | None = None
    jurisdiction: str | None = None
    rule_id: str | None = None
    policy_version: int = 0
    policy_digest: str = ""
    record_id: str | None = None
    notice: str | None = None
    notice_version: int | None = None
    required_purpose: str | None = None
    valid_until: datetime | None = None
    obligations: tuple[Obligation, ...] = ()
    watermark: int = 0
    historic: bool = False

    @property
    def allowed(self) -> bool:
        """Return True only for an allow that may be acted on now."""
        return self.effect is Effect.ALLOW and not self.historic
