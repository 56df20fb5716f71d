"""The tables of policies."""

from consent.policies.models.law import (
    LAW_ROWS,
    AgeLimit,
    Clock,
    ConsentDefault,
    Duty,
    Jurisdiction,
    LawRow,
    Practice,
    Statute,
)
from consent.policies.models.parts import Purpose
from consent.policies.models.versions import DIGEST_SIZE, PolicyVersion, PolicyVersionQuerySet

__all__ = [
    "DIGEST_SIZE",
    "LAW_ROWS",
    "AgeLimit",
    "Clock",
    "ConsentDefault",
    "Duty",
    "Jurisdiction",
    "LawRow",
    "PolicyVersion",
    "PolicyVersionQuerySet",
    "Practice",
    "Purpose",
    "Statute",
]
