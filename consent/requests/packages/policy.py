"""What the policy in force says to the person: in its own words, as far as it speaks of them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from consent.kernel import canonical

_PROFILING = frozenset({"profiling", "profiled"})
_PORTABLE = frozenset({"consent", "contract"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """One purpose that data is used for."""

    slug: str
    title: str
    description: str
    bases: tuple[str, ...]
    """The legal bases that rules for it rest on, where the person lives."""
    is_profiling: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One destination that may receive data."""

    slug: str
    title: str
    role: str
    country: str
    purposes: tuple[str, ...]


class PolicyView:
    """The policy's document, asked by slug. Without a policy, slugs stand for themselves."""

    def __init__(self, content: bytes | None, *, controller: str, jurisdiction: str) -> None:
        """Take a published policy's canonical bytes; `jurisdiction`: empty if it is not known."""
        self._document: Mapping[str, Any] = {} if content is None else canonical.loads(content)
        self._controller = controller
        self._places = self._chain(jurisdiction) if jurisdiction else ()

    def controller(self, slug: str) -> str:
        """Return what a controller is called."""
        return self._title("controllers", slug)

    def purpose(self, slug: str) -> str:
        """Return what a purpose is called."""
        return self._title("purposes", slug)

    def notice(self, slug: str) -> str:
        """Return what a notice is called."""
        return self._title("notices", slug)

    def destination(self, slug: str) -> str:
        """Return what a destination is called."""
        return self._title("destinations", slug)

    def category(self, slug: str) -> str:
        """Return what a kind of data is called."""
        return self._title("data_categories", slug)

    def is_special(self, category: str) -> bool:
        """Return whether a kind of data is one of GDPR Art. 9."""
        return bool(self._section("data_categories").get(category, {}).get("special"))

    def list_purposes(self) -> list[Purpose]:
        """Return the purposes of the controller that are in use, by slug."""
        found = [
            self._read_purpose(slug, one)
            for slug, one in sorted(self._section("purposes").items())
            if one.get("status", "active") == "active"
        ]
        return [one for one in found if one.bases]

    def list_recipients(self) -> list[Recipient]:
        """Return the destinations that may receive data for one of those purposes, by slug."""
        used = {one.slug for one in self.list_purposes()}
        return [
            Recipient(
                slug=slug,
                title=one["title"],
                role=one["role"],
                country=one["country"],
                purposes=tuple(sorted(used.intersection(one["purposes"]))),
            )
            for slug, one in sorted(self._section("destinations").items())
            if used.intersection(one["purposes"])
        ]

    def is_portable(self, purposes: Iterable[str]) -> bool:
        """Return whether data of these purposes is used on consent or contract; so it is if none is said."""
        asked = tuple(purposes)
        return not asked or any(_PORTABLE.intersection(self.bases(one)) for one in asked)

    def bases(self, purpose: str) -> tuple[str, ...]:
        """Return the legal bases of a purpose towards the controller, where the person lives.

        The most specific rule speaks. Where nobody knows where they live, all do.
        """
        rules = [rule for rule in self._document.get("rules", ()) if self._is_about(rule, purpose)]
        for place in self._places:
            if found := [rule["basis"] for rule in rules if place in rule["jurisdictions"]]:
                return tuple(dict.fromkeys(found))
        return () if self._places else tuple(dict.fromkeys(rule["basis"] for rule in rules))

    def _is_about(self, rule: Mapping[str, Any], purpose: str) -> bool:
        return purpose in rule["purposes"] and self._controller in rule.get("controllers", [self._controller])

    def _chain(self, place: str) -> tuple[str, ...]:
        """Return the place, its country, the groups it is in, the smaller first, and everywhere."""
        country = place.partition("-")[0]
        declared = self._section("jurisdictions").items()
        groups = sorted(
            (len(one["members"]), code) for code, one in declared if country in one.get("members", ())
        )
        return (place, country, *(code for _, code in groups), "*")

    def _read_purpose(self, slug: str, one: Mapping[str, Any]) -> Purpose:
        return Purpose(
            slug=slug,
            title=one["title"],
            description=one["description"],
            bases=self.bases(slug),
            is_profiling=bool(_PROFILING.intersection(one["data_use"].replace("_", ".").split("."))),
        )

    def _title(self, section: str, slug: str) -> str:
        title = self._section(section).get(slug, {}).get("title", slug)
        return str(title)

    def _section(self, name: str) -> Mapping[str, Any]:
        section: Mapping[str, Any] = self._document.get(name, {})
        return section
