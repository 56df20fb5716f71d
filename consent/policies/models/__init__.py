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
from consent.policies.models.notices import Notice, NoticeText, NoticeVersion
from consent.policies.models.parts import (
    Controller,
    DataCategory,
    DestinationPermission,
    PolicyJurisdiction,
    Purpose,
)
from consent.policies.models.properties import RegisteredProperty, RequestProperty
from consent.policies.models.review import Acknowledgement, PolicyStep, Simulation
from consent.policies.models.rules import AgeBand, Rule, RuleCondition, RuleObligation
from consent.policies.models.taxonomy import TaxonomyTerm
from consent.policies.models.versions import DIGEST_SIZE, PolicyVersion, PolicyVersionQuerySet

__all__ = [
    "DIGEST_SIZE",
    "LAW_ROWS",
    "Acknowledgement",
    "AgeBand",
    "AgeLimit",
    "Clock",
    "ConsentDefault",
    "Controller",
    "DataCategory",
    "DestinationPermission",
    "Duty",
    "Jurisdiction",
    "LawRow",
    "Notice",
    "NoticeText",
    "NoticeVersion",
    "PolicyJurisdiction",
    "PolicyStep",
    "PolicyVersion",
    "PolicyVersionQuerySet",
    "Practice",
    "Purpose",
    "RegisteredProperty",
    "RequestProperty",
    "Rule",
    "RuleCondition",
    "RuleObligation",
    "Simulation",
    "Statute",
    "TaxonomyTerm",
]
