"""Policies in the admin."""

from consent.policies.admin import law, parts, taxonomy, versions

__all__ = ["law", "parts", "taxonomy", "versions"]
