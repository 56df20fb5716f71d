"""Who visits, as the page needs it: where they live, and what they said. In a fixed number of statements."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from consent.portal.preferences.pages.states import Choices
from consent.portal.types import Visitor
from consent.records.queries import list_choices, list_last_words
from consent.records.rules.current import in_force
from consent.records.types import YES
from consent.subjects.queries import SubjectStateUnreadable, list_facts, list_groups
from consent.subjects.types import Fact, FactName, Link, SubjectGroup, SubjectRef

_PLACES = frozenset({FactName.RESIDENCE, FactName.LOCATION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom a visitor's identifiers lead to, towards the visit's controller."""

    refs: frozenset[SubjectRef]
    """Those that the identifiers lead to directly, and who were not erased; none: nobody is known."""
    is_erased: bool
    """Whether they lead to somebody erased, and to nobody else."""
    places: tuple[str, ...]
    """Where they live or are, as far as that is on record."""
    choices: Choices
    yeses_before: Mapping[str, datetime]
    """When they last said yes to what a browser's signal can speak to, if that was their last word."""


def read_person(visitor: Visitor, *, heeding: Collection[str], at: datetime) -> Person:
    """Return whom the visitor's identifiers lead to, and what they said, at `at`.

    `heeding`: the purposes that a browser's signal can speak to.
    """
    [group] = list_groups([list(visitor.identifiers)])
    links = [one for one in group.links if one.linked_at <= at and _is_standing(one, at)]
    erased = {member.ref for member in group.members if member.erased_at is not None}
    refs = _joined(group, links) - erased
    found = list_choices(refs=refs, at=at)
    ours = [
        one for chosen in found.values() for one in chosen if one.controller in {None, visitor.controller}
    ]
    words = list_last_words(refs=refs, purposes=heeding, controller=visitor.controller)
    yeses = {slug: word for slug, word in words.items() if word.choice in YES}
    kept = {slug: word for slug, word in yeses.items() if word.after_conflict_notice}
    return Person(
        refs=group.asked - erased,
        is_erased=bool(erased) and not refs,
        places=_find_places(refs, visitor.controller, at),
        choices=Choices(
            in_force=[*ours, *(in_force(word, expires_at=word.expires_at) for word in kept.values())],
            joined_at=_find_joins(refs, links),
            against_signal={slug: word.effective_at for slug, word in kept.items()},
        ),
        yeses_before={slug: word.effective_at for slug, word in yeses.items()},
    )


def _is_standing(link: Link, at: datetime) -> bool:
    return link.unlinked_at is None or link.unlinked_at > at


def _joined(group: SubjectGroup, links: Collection[Link]) -> frozenset[SubjectRef]:
    """Return those asked for, and all that standing links join to them."""
    reached = set(group.asked)
    while more := {
        SubjectRef(end)
        for link in links
        for end in (link.left, link.right)
        if {link.left, link.right} & reached and end not in reached
    }:
        reached |= more
    return frozenset(reached)


def _find_joins(refs: Collection[SubjectRef], links: Collection[Link]) -> Mapping[frozenset[str], datetime]:
    """Return when each two of `refs` were first joined, by links in the order in which they were made."""
    joined: dict[frozenset[str], datetime] = {}
    groups = {str(ref): {str(ref)} for ref in refs}
    for link in sorted(links, key=lambda one: one.linked_at):
        left, right = groups.get(link.left), groups.get(link.right)
        if left is None or right is None or left is right:
            continue
        merged = left | right
        for pair in combinations(sorted(merged), 2):
            joined.setdefault(frozenset(pair), link.linked_at)
        groups.update(dict.fromkeys(merged, merged))
    return joined


def _find_places(refs: Collection[SubjectRef], controller: str, at: datetime) -> tuple[str, ...]:
    """Return where the person lives and is. What cannot be read is not known: then every rule speaks."""
    try:
        facts = list_facts(refs)
    except SubjectStateUnreadable:
        return ()
    latest = {
        (fact.subject_ref, fact.name, fact.controller): fact.value
        for fact in _in_force(facts, controller, at)
    }
    return tuple(sorted(set(latest.values())))


def _in_force(facts: Mapping[SubjectRef, tuple[Fact, ...]], controller: str, at: datetime) -> Iterator[Fact]:
    told = [fact for known in facts.values() for fact in known if fact.name in _PLACES]
    for fact in sorted(told, key=lambda one: (one.effective_at, one.version)):
        is_in_force = fact.effective_at <= at and (fact.until is None or at < fact.until)
        if is_in_force and fact.controller in {None, controller}:
            yield fact
