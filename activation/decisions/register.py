"""The register of recipients as the engine sees it: who may be sent anything at all, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from activation.decisions.reasons import Reason
from activation.decisions.types import Obligation


@dataclass(frozen=True, slots=True)
class Suspension:
    """A time in which a destination gets nothing: from inclusive, until exclusive, None while it lasts."""

    suspended_at: datetime
    resumed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TcfTerms:
    """What a recipient that is a vendor of the Transparency and Consent Framework does with the data."""

    vendor: int
    """Its number in the Global Vendor List."""
    purposes: tuple[int, ...]
    """The framework's purposes, ascending: each must be open to it by the person's TC string."""


@dataclass(frozen=True, slots=True)
class RegisteredDestination:
    """One recipient: since when it is known, and when it was suspended."""

    slug: str
    kind: str
    registered_at: datetime
    suspensions: tuple[Suspension, ...] = ()
    resource_type: str = "destination"
    """What callers of the AuthZEN addresses name as `resource.type`."""
    tcf: TcfTerms | None = None
    """None: it is no such vendor, or the framework does not speak of what it does."""

    def is_suspended(self, at: datetime) -> bool:
        """Return whether the destination is suspended at `at`."""
        return any(
            pause.suspended_at <= at and (pause.resumed_at is None or at < pause.resumed_at)
            for pause in self.suspensions
        )


Register = Mapping[str, RegisteredDestination]
"""The registered destinations by slug."""


def owed_to(register: Register, destination: str) -> tuple[Obligation, ...]:
    """Return what an allow owes because of how the destination is registered, whatever the policy says."""
    entry = register.get(destination)
    if entry is None or entry.tcf is None:
        return ()
    purposes = " ".join(map(str, entry.tcf.purposes))
    return (Obligation("tcf_vendor", str(entry.tcf.vendor), purposes),)


def deny_recipient(register: Register, destination: str, moment: datetime) -> Reason | None:
    """Row 3, first parts: the destination is registered at `moment`, and not suspended."""
    entry = register.get(destination)
    if entry is None or entry.registered_at > moment:
        return Reason.DESTINATION_UNKNOWN
    return Reason.DESTINATION_SUSPENDED if entry.is_suspended(moment) else None
