"""The tables of policies."""

from consent.policies.models.parts import Purpose
from consent.policies.models.taxonomy import TaxonomyTerm
from consent.policies.models.versions import DIGEST_SIZE, PolicyVersion, PolicyVersionQuerySet

__all__ = ["DIGEST_SIZE", "PolicyVersion", "PolicyVersionQuerySet", "Purpose", "TaxonomyTerm"]
