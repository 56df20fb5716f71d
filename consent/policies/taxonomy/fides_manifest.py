"""What a manifest of Fides says, as far as it is carried over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from consent.kernel.errors import AccordantError
from consent.policies.taxonomy.terms import Term
from consent.policies.types import Fault

LEGAL_BASES = (
    "Consent",
    "Contract",
    "Legal obligations",
    "Vital interests",
    "Public interest",
    "Legitimate interests",
)
"""How Fides writes the grounds of GDPR Art. 6(1)."""


class ManifestRefused(AccordantError):
    """The manifest has faults; nothing was written."""

    code = "manifest_refused"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        """All that is wrong, not only the first."""
        super().__init__("; ".join(f"{fault.path}: {fault.message}" for fault in self.faults))


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What one system does with data for one use."""

    name: str
    data_use: str
    data_categories: tuple[str, ...]
    data_subjects: tuple[str, ...]
    legal_basis: str
    """One of `LEGAL_BASES`; empty if Fides does not know."""
    special: bool
    """True if it is said to process special categories of data (GDPR Art. 9)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One system, and what it does with data."""

    key: str
    name: str
    responsibility: tuple[str, ...]
    """`Controller`, `Processor` or `Sub-Processor`, as far as Fides knows."""
    declarations: tuple[Declaration, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a manifest says, as far as it is carried over."""

    terms: tuple[Term, ...]
    systems: tuple[System, ...]
    left_out: Mapping[str, int]
    """Section -> how many entries it has that are not carried over."""
