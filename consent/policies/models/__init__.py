"""The tables of policies."""

from consent.policies.models.notices import Notice, NoticeText, NoticeVersion
from consent.policies.models.parts import (
    Controller,
    DataCategory,
    DestinationPermission,
    PolicyJurisdiction,
    Purpose,
)
from consent.policies.models.review import Acknowledgement, PolicyStep, Simulation
from consent.policies.models.rules import AgeBand, Rule, RuleCondition, RuleObligation
from consent.policies.models.taxonomy import TaxonomyTerm
from consent.policies.models.versions import DIGEST_SIZE, PolicyVersion, PolicyVersionQuerySet

__all__ = [
    "DIGEST_SIZE",
    "Acknowledgement",
    "AgeBand",
    "Controller",
    "DataCategory",
    "DestinationPermission",
    "Notice",
    "NoticeText",
    "NoticeVersion",
    "PolicyJurisdiction",
    "PolicyStep",
    "PolicyVersion",
    "PolicyVersionQuerySet",
    "Purpose",
    "Rule",
    "RuleCondition",
    "RuleObligation",
    "Simulation",
    "TaxonomyTerm",
]
