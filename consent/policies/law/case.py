"""A policy held against the law: what every check looks at, and how a warning is made. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from consent.kernel import canonical
from consent.policies.document.paths import Parts, path_text
from consent.policies.law.reach import Document, Reach, find_reach
from consent.policies.law.topics import topics_of
from consent.policies.law.types import Kind, LawTable
from consent.policies.law.words import Topic
from consent.policies.types import LegalBasis, PolicyWarning

_SHORT = 12
"""Hex digits of a warning's key: enough to tell one wrong from another in one place."""


class Cited(Protocol):
    """What a warning can rest on: a row of the law table is such."""

    @property
    def citation(self) -> str:
        """Where it says so."""

    @property
    def check_before_use(self) -> bool:
        """Whether somebody should read that before relying on it."""


@dataclass(frozen=True)
class RuleCase:
    """One rule of the document, and where it speaks."""

    number: int
    entry: Mapping[str, Any]
    purposes: tuple[str, ...]
    """The active ones."""
    reach: Reach

    @property
    def rule_id(self) -> str:
        """The rule's id."""
        return str(self.entry["id"])

    @property
    def basis(self) -> LegalBasis:
        """The rule's legal basis."""
        return LegalBasis(self.entry["basis"])

    @property
    def asks_consent(self) -> bool:
        """Whether the rule rests on consent."""
        return self.basis is LegalBasis.CONSENT

    def places(self, *purposes: str) -> tuple[str, ...]:
        """Return where the rule speaks for any of `purposes`; without any, for any of its own."""
        reached = (self.reach.get((self.number, purpose), ()) for purpose in purposes or self.purposes)
        return tuple(sorted({place for places in reached for place in places}))

    def path(self, *parts: str | int) -> Parts:
        """Return the path of something in the rule."""
        return ("rules", self.number, *parts)


@dataclass(frozen=True)
class PolicyCase:
    """A policy document without faults, and the law in force."""

    document: Document
    law: LawTable

    @cached_property
    def rules(self) -> tuple[RuleCase, ...]:
        """The rules that speak for an active purpose somewhere."""
        reach = find_reach(self.document, self.law)
        cases = (
            RuleCase(number, entry, tuple(filter(self.is_active, entry["purposes"])), reach)
            for number, entry in enumerate(self.document["rules"])
        )
        return tuple(rule for rule in cases if rule.purposes and rule.places())

    def purpose(self, slug: str) -> Mapping[str, Any]:
        """Return a purpose as it is declared."""
        declared: Mapping[str, Any] = self.document["purposes"][slug]
        return declared

    def is_active(self, slug: str) -> bool:
        """Return whether the purpose is pursued at all."""
        return bool(self.purpose(slug).get("status", "active") == "active")

    def topics(self, rule: RuleCase) -> Mapping[Topic, tuple[str, ...]]:
        """Return what the rule's purposes do: topic -> the purposes that do it."""
        by_purpose = {slug: topics_of(self.document, slug, rule.entry) for slug in rule.purposes}
        return {
            topic: slugs
            for topic in Topic
            if (slugs := tuple(slug for slug, topics in by_purpose.items() if topic in topics))
        }

    def rows(
        self, kind: type[Kind], places: Iterable[str], /, **wanted: object
    ) -> Iterator[tuple[str, Kind]]:
        """Yield each of `places` with every row that speaks for it."""
        for place in places:
            yield from ((place, row) for row in self.law.find(kind, place, **wanted))


def warn(
    code: str,
    place: str,
    parts: Parts,
    message: str,
    *,
    rows: Sequence[Cited],
    facts: object,
) -> PolicyWarning:
    """Return a warning that rests on `rows` of the law table, or on what else is cited.

    `place` is a rule's id or a notice's key, and `facts` what is wrong there: together they make the key. So
    a rule keeps its acknowledgement when others come before it, and loses it when it grows worse.
    """
    digest = hashlib.sha256(canonical.dumps(facts)).hexdigest()[:_SHORT]
    return PolicyWarning(
        key=f"{code}:{place}:{digest}",
        code=code,
        path=path_text(parts),
        message=message,
        citation="; ".join(dict.fromkeys(row.citation for row in rows)),
        check_before_use=any(row.check_before_use for row in rows),
    )


def in_words(law: LawTable, places: Iterable[str]) -> str:
    """Return places as a message names them: a group whose members are all there by its own code."""
    left = set(places)
    named: list[str] = []
    groups = {group for place in law.places.values() for group in place.groups}
    for group in sorted(groups, key=lambda code: -len(law.members(code))):
        members = set(law.members(group))
        if members and members <= left:
            named.append(group)
            left -= members
    return ", ".join([*named, *sorted(left)])


def spoken(*words: str) -> str:
    """Return words of closed lists as people write them."""
    return ", ".join(word.replace("_", " ") for word in words)
