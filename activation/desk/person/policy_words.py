"""What a policy calls things: the titles that its text gives to purposes, controllers and notices. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from consent.kernel import canonical
from consent.policies.types import PublishedPolicy


@dataclass(frozen=True, slots=True)
class PolicyWords:
    """The text of the policy in force; with none in force, nothing has a title."""

    document: Mapping[str, Any] = field(default_factory=dict)
    is_in_force: bool = False

    @classmethod
    def of(cls, policy: PublishedPolicy | None) -> Self:
        """Return the words of a policy."""
        return cls(canonical.loads(policy.canonical), True) if policy else cls()

    def title(self, section: str, slug: str) -> str:
        """Return the title of an entry, or its slug if it has none."""
        entry = self.document.get(section, {}).get(slug)
        return str(entry.get("title") or slug) if isinstance(entry, dict) else slug

    def list_slugs(self, section: str) -> list[str]:
        """Return the entries of a section."""
        return sorted(self.document.get(section, {}))

    def list_titled(self, section: str) -> list[tuple[str, str]]:
        """Return the entries of a section, each with its title."""
        return [(slug, self.title(section, slug)) for slug in self.list_slugs(section)]

    def list_deaf_to_signals(self) -> frozenset[str]:
        """Return the purposes that no opt-out signal speaks to. One that is not known is not among them."""
        purposes = self.document.get("purposes", {})
        return frozenset(slug for slug, one in purposes.items() if not one.get("opt_out_signals"))

    def notice(self, key: str | None, version: int | None) -> str:
        """Return what a notice is called, and which version of it."""
        if not key:
            return ""
        told = self.title("notices", key)
        return f"{told}, version {version}" if version is not None else told
