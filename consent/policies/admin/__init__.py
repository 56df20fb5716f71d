"""Policies in the admin."""

from consent.policies.admin.law import (
    AgeLimitAdmin,
    ClockAdmin,
    ConsentDefaultAdmin,
    DutyAdmin,
    JurisdictionAdmin,
    PracticeAdmin,
    StatuteAdmin,
)
from consent.policies.admin.parts import PurposeAdmin
from consent.policies.admin.versions import PolicyVersionAdmin

__all__ = [
    "AgeLimitAdmin",
    "ClockAdmin",
    "ConsentDefaultAdmin",
    "DutyAdmin",
    "JurisdictionAdmin",
    "PolicyVersionAdmin",
    "PracticeAdmin",
    "PurposeAdmin",
    "StatuteAdmin",
]
