"""Policies in the admin."""

from consent.policies.admin.parts import PurposeAdmin
from consent.policies.admin.taxonomy import TaxonomyTermAdmin
from consent.policies.admin.versions import PolicyVersionAdmin

__all__ = ["PolicyVersionAdmin", "PurposeAdmin", "TaxonomyTermAdmin"]
