"""What a register is assembled from. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from activation.decisions.compiled import CompiledPolicy, Rule
from activation.decisions.register import Register
from activation.desk.register.columns import Categories
from activation.desk.register.topics import Notes

Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Material:
    """A policy in force, the destinations, what officers noted, and how long this service keeps things."""

    policy: CompiledPolicy
    document: Document
    """The policy's text."""
    destinations: Register
    notes: Notes
    at: datetime
    economic_area: frozenset[str]
    """The countries to which data goes without being transferred to a third country."""
    data_subjects: Mapping[str, str] = field(default_factory=dict)
    """Names of kinds of people, by their slugs in the taxonomy."""
    kept: Mapping[str, timedelta | None] = field(default_factory=dict)
    """How long this service keeps what, in words; None: for ever."""

    @cached_property
    def categories(self) -> Categories:
        """The policy's data categories, found by the names of columns."""
        return Categories(self.document["data_categories"])

    def rules_of(self, purpose: str, controller: str) -> dict[str, tuple[Rule, tuple[str, ...]]]:
        """Return the rules of a purpose for a controller by id, each with the jurisdictions it speaks in."""
        found: dict[str, tuple[Rule, tuple[str, ...]]] = {}
        for jurisdiction, rule in sorted(self.policy.rules_for(purpose, controller).items()):
            _, spoken = found.get(rule.rule_id, (rule, ()))
            found[rule.rule_id] = (rule, (*spoken, jurisdiction))
        return dict(sorted(found.items()))
