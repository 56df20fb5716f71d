"""What a vendor list says, as far as the judgement of a string needs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

Ids = frozenset[int]


@dataclass(frozen=True, slots=True)
class Vendor:
    """One vendor's declarations. A flexible purpose is declared on one basis and may be put on the other."""

    id: int
    name: str
    purposes: Ids
    """On consent."""
    legitimate_interest_purposes: Ids
    flexible_purposes: Ids
    special_purposes: Ids
    features: Ids
    special_features: Ids
    deleted_at: datetime | None
    """Since then the vendor is no part of the framework."""

    def is_deleted(self, at: datetime | None) -> bool:
        """Return whether it was deleted by then; without a time, whether a deletion is told at all."""
        return self.deleted_at is not None and (at is None or at >= self.deleted_at)


@dataclass(frozen=True, slots=True)
class VendorList:
    """One version of the Global Vendor List. Names are the list's, in English."""

    version: int
    policy_version: int
    last_updated: datetime
    purposes: Mapping[int, str]
    special_purposes: Mapping[int, str]
    features: Mapping[int, str]
    special_features: Mapping[int, str]
    vendors: Mapping[int, Vendor]
