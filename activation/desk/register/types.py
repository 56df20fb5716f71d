"""The register of processing as values. Pure. The JSON that is exported, and its schema, are these fields."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

import msgspec

SCHEMA: Literal["accordant/register/1"] = "accordant/register/1"
"""The form of the exported JSON, and its version."""
Time = Annotated[datetime, msgspec.Meta(tz=True)]


class Source(StrEnum):
    """Who said it."""

    POLICY = "policy"
    NOTE = "note"
    """An officer, in a register note."""
    SERVICE = "service"
    """What this service knows of itself."""
    MISSING = "missing"
    """Nobody did: the text says what the controller has to fill in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """Something the register says, or a gap."""

    text: str
    source: Source
    place: str | None = None
    """Where an officer can say it, or say it otherwise, in a register note: `about:slug:topic`."""

    @property
    def is_gap(self) -> bool:
        """Whether the controller still has to fill it in."""
        return self.source is Source.MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerPart:
    """Who answers for the processing (Art. 30(1)(a))."""

    slug: str
    name: str
    establishments: tuple[str, ...]
    contact: Stated
    joint_controllers: Stated
    representative: Stated
    data_protection_officer: Stated


@dataclass(frozen=True, slots=True, kw_only=True)
class PurposePart:
    """What the data is used for (Art. 30(1)(b))."""

    slug: str
    title: str
    description: str
    data_use: str
    """The fideslang data use."""
    dpv: str | None
    """The purpose's term in the W3C Data Privacy Vocabulary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the processing rests on in some jurisdictions: one rule of the policy."""

    legal_basis: str
    jurisdictions: tuple[str, ...]
    rule: str
    direct_marketing: bool
    assessment: str | None
    """The record that the basis rests on, such as an assessment of the interest."""
    special_condition: str | None
    consent_lasts: str | None
    obligations: str
    """What is done to the data before a recipient gets it; empty if nothing."""
    transfer_countries: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCategory:
    """A category of personal data (Art. 30(1)(c))."""

    slug: str
    title: str
    data_category: str
    """The fideslang data category."""
    special: bool


class Registration(StrEnum):
    """How a recipient stands in the register of destinations."""

    REGISTERED = "registered"
    SUSPENDED = "suspended"
    NOT_REGISTERED = "not_registered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A destination that the policy maps the purpose to (Art. 30(1)(d) and (e))."""

    slug: str
    name: str
    kind: str
    """The category of recipient."""
    role: str
    country: str
    contract: str | None
    data_categories: tuple[str, ...]
    """What it may receive for this purpose: permitted to it, and by a rule."""
    permitted_in: tuple[str, ...]
    """The jurisdictions whose rule lets data go to its country; none: nothing may leave."""
    third_country: bool
    """Outside the European Economic Area."""
    safeguards: Stated | None
    """Of the transfer; None where there is no third country."""
    registration: Registration


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One processing activity: a purpose of a controller."""

    reference: str
    controller: ControllerPart
    purpose: PurposePart
    grounds: tuple[Ground, ...]
    data_subjects: Stated
    data_categories: tuple[DataCategory, ...]
    recipients: tuple[Recipient, ...]
    retention: tuple[Stated, ...]
    """Envisaged time limits for erasure (Art. 30(1)(f))."""
    measures: Stated
    """Of the controller (Art. 30(1)(g)); those of this service stand in the register itself."""

    @property
    def gaps(self) -> tuple[Stated, ...]:
        """What the controller still has to fill in."""
        controller = self.controller
        said = (
            controller.contact,
            controller.joint_controllers,
            controller.representative,
            controller.data_protection_officer,
            self.data_subjects,
            *(one.safeguards for one in self.recipients if one.safeguards),
            *self.retention,
            self.measures,
        )
        return tuple(one for one in said if one.is_gap)


class DifferenceKind(StrEnum):
    """In which way what is declared and what was observed differ."""

    SUSPENDED_DESTINATION_OBSERVED = "suspended_destination_observed"
    UNGATED_PATHS = "ungated_paths"
    PURPOSE_NOT_DECLARED = "purpose_not_declared"
    CONTROLLER_NOT_DECLARED = "controller_not_declared"
    DESTINATION_NOT_DECLARED = "destination_not_declared"
    DESTINATION_NOT_MAPPED = "destination_not_mapped"
    NO_RULE = "no_rule"
    LEGAL_BASIS_NOT_DECLARED = "legal_basis_not_declared"
    COLUMN_NOT_DECLARED = "column_not_declared"
    COLUMN_UNKNOWN = "column_unknown"
    SOURCE_UNKNOWN = "source_unknown"
    OLDER_POLICY_ONLY = "older_policy_only"
    NOT_OBSERVED_LATELY = "not_observed_lately"
    NEVER_OBSERVED = "never_observed"


class Weight(StrEnum):
    """How soon somebody should look."""

    URGENT = "urgent"
    CHECK = "check"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference, in words, with what to do about it."""

    kind: DifferenceKind
    weight: Weight
    purpose: str = ""
    controller: str = ""
    destination: str = ""
    words: str
    advice: str

    @property
    def reference(self) -> str:
        """The entry that it belongs to, if that is declared."""
        return make_reference(self.controller, self.purpose)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A purpose of the policy that is no processing activity, and why."""

    purpose: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyPart:
    """The version that everything declared is taken from."""

    key: str
    title: str
    version: int
    digest: str
    effective_at: Time
    ends_at: Time | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessingRegister:
    """The whole register: what is declared, what differs from it, and what it rests on."""

    schema: Literal["accordant/register/1"]
    scope: str
    """What this register covers, and what not."""
    policy: PolicyPart
    at: Time
    """The moment it speaks of."""
    generated_at: Time
    watermark: int
    """Size of the ledger when it was made."""
    observed_days: int
    """What was seen longer ago than so many days counts as not observed lately."""
    entries: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...]
    differences: tuple[Difference, ...]
    measures: tuple[str, ...]
    """A general description of what this service does to keep data safe."""

    @property
    def gaps(self) -> int:
        """How much the controllers still have to fill in, each gap counted once."""
        return len({gap.text for entry in self.entries for gap in entry.gaps})


def make_reference(controller: str, purpose: str) -> str:
    """Return the name of an entry."""
    return f"{controller}/{purpose}"
