"""What the mapping of signals takes and gives, as frozen values. Pure: no Django, no clock.

Choices are words, as `consent.records.types.Choice` writes them: this room lies below that one.
"""

from collections.abc import Mapping as Names
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # whoever only names conflicts and choices, as the client does, needs no codecs
    from consent.signals.app_tracking import AppTracking
    from consent.signals.gpp.types import GppString
    from consent.signals.tcf.types import TCString
    from consent.signals.us_privacy import UsPrivacy

ANY_PURPOSE = "*"
"""The purpose of what speaks of all purposes."""


class Word(StrEnum):
    """What a signal can come to; each is a choice of `consent.records.types`."""

    GRANTED = "granted"
    REFUSED = "refused"
    OBJECTED = "objected"
    OPTED_OUT = "opted_out"
    LIMITED = "limited"  # of sensitive data alone
    SIGNAL = "opt_out_signal"  # GPC; it speaks to purposes marked sale, sharing or targeted advertising


YES = frozenset({"granted", "confirmed"})
NO = frozenset({"refused", "withdrawn", "objected", "opted_out", "limited", "opt_out_signal"})
"""As in `consent.records.types`; what is in neither is neutral, and not looked at."""

EXPLICIT = "explicit"
"""The source of a choice that the person made with us, in whatever way but a signal's."""
GPC, USP, TCF, ATT = "gpc", "usp", "tcf", "att"
"""The sources of signals. Those of a GPP string are `gpp:7`: its section."""
TCF_EU_SECTION, TCF_CANADA_SECTION = 2, 5
"""The sections of a GPP string that can say yes."""

DATED = frozenset({TCF, "gpp:5"})
"""The frameworks whose strings say themselves when they were made; the others say what holds now."""


def family(source: str) -> str:
    """Return the framework that a source belongs to: section 2 of GPP is a TC string, and 6 US Privacy."""
    return {"gpp:2": TCF, "gpp:6": USP}.get(source, source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What was received in one go, decoded. None: nothing of that kind came."""

    tcf: "TCString | None" = None
    gpp: "GppString | None" = None
    gpp_unread: tuple[int, ...] = ()
    """Sections that the GPP string names and that could not be read, or not without faults: each counts as an
    opt-out. `gpp` may hold what could be read of them all the same."""
    gpc: bool | None = None
    """True: the signal came. False is as good as None: not sending it says nothing."""
    usp: "UsPrivacy | None" = None
    att: "AppTracking | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Whose law applies to the person; `consent.policies.law.signals.find_where` makes it."""

    jurisdictions: tuple[str, ...] = ()
    """All places that apply, and what they are part of: `US-CA`, `US`; `DE`, `EU`, `EEA`. Empty: unknown."""
    barred: frozenset[str] = frozenset()
    """Frameworks (`tcf`, `gpp:5`) whose yes the law there does not take for one. A no is never barred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One choice on record for the controller that the signals speak to. Leave out those for one destination.

    Give a no even if a later yes has lifted it; a yes only if it has neither ended nor been invalidated.
    """

    purpose: str
    """Dotted; `*` speaks of all."""
    source: str
    """`explicit`, `gpc`, `usp`, `tcf`, `att`, `gpp:7`."""
    choice: str
    """A word of `consent.records.types.Choice`."""
    effective_at: datetime
    after_conflict_notice: bool = False
    """A yes that was given after the person was told that it conflicts with their signal."""

    @property
    def family(self) -> str:
        """The framework that said it; `explicit` of the person's own act."""
        return family(self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One choice to be recorded."""

    purpose: str
    """`*` for GPC alone."""
    choice: Word
    source: str
    effective_at: datetime
    """The string's own time where it has one, and never later than when it was received."""
    because: str
    """In plain words, with the names of the specification; no personal data."""

    @property
    def family(self) -> str:
        """The framework that says it."""
        return family(self.source)

    @property
    def is_yes(self) -> bool:
        """Whether it is a yes; whatever else there is, is a no."""
        return self.choice in YES


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two that speak against each other: what was heard now, and what stood or was heard beside it."""

    purpose: str
    heard: str
    heard_from: str
    against: str
    against_from: str
    won: str
    """`heard` or `against`."""
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Something of what was received that came to nothing, and why."""

    source: str
    """As of an outcome; `mapping` where the mapping is what does not fit."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What becomes of what was received."""

    outcomes: tuple[Outcome, ...] = ()
    """To be recorded, in this order."""
    unchanged: tuple[Outcome, ...] = ()
    """What is on record already, word for word: nothing to do."""
    conflicts: tuple[Conflict, ...] = ()
    unread: tuple[Unread, ...] = ()
    mapping_version: str
    """The mapping's version and digest, as `shipped-1 sha256:…`."""


class OptOut(StrEnum):
    """The kinds of use that people opt out of, as policies mark purposes with them."""

    SALE = "sale"
    SHARING = "sharing"
    TARGETED_ADVERTISING = "targeted_advertising"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkTerms:
    """What a purpose asks of a framework's string: a TC string, or the Canadian section of GPP."""

    purposes: tuple[int, ...] = ()
    """All of these must be granted for a yes; one that is refused is a no."""
    special_features: tuple[int, ...] = ()
    """As `purposes`; of consent alone."""
    grants: bool = True
    """False: the string says no alone here, as where what it grants is less than what the purpose does."""
    basis: str = "consent"
    """`consent`, or `legitimate_interest`: then an unset bit is an objection, and no bit is a yes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What signals mean for one purpose."""

    tcf: FrameworkTerms | None = None
    tcf_canada: FrameworkTerms | None = None
    opt_out: frozenset[OptOut] = frozenset()
    """What of opt-outs, and of GPC, speaks to the purpose."""
    sensitive: frozenset[str] = frozenset()
    """The categories of sensitive data whose opt-out speaks to the purpose."""
    app_tracking: bool = False
    """Apple's status speaks to the purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """Where a framework's yes is heard, and by which number it knows the organisation."""

    grants_in: frozenset[str] = frozenset()
    grants_if_unknown: bool = False
    """Whether a yes is heard of somebody of whom no jurisdiction is known."""
    vendor: int | None = None
    """The organisation's own number in the framework's list of vendors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """A whole mapping. `consent.signals.mapping.document` reads one."""

    version: str
    digest: str
    """SHA-256 of the canonical document, in hex."""
    frameworks: Names[str, Framework] = field(default_factory=dict)
    """By source: `tcf`, `gpp:5`."""
    purposes: Names[str, Row] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    """Purposes of the document that the policy does not have."""

    @property
    def label(self) -> str:
        """The version and the digest, as a resolution carries them."""
        return f"{self.version} sha256:{self.digest}"
