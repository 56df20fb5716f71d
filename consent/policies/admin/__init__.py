"""Policies in the admin."""

from consent.policies.admin import law, notices, parts, rules, taxonomy, versions

__all__ = ["law", "notices", "parts", "rules", "taxonomy", "versions"]
