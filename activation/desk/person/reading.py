"""Everything that the page shows of one person, read with a number of statements that does not grow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from activation.desk.people import split
from activation.desk.person.choices import Holds, sum_up
from activation.desk.person.policy_words import PolicyWords
from activation.desk.person.signals.reading import SignalsFile, read_signals
from activation.desk.person.timeline import TimelinePage, Wanted, read_page
from activation.desk.person.types import Asked
from activation.desk.person.visits import OpenVisit
from activation.desk.tracing.held import Whereabouts, locate
from activation.destinations.queries import list_titles
from activation.enforcement.membership.keys import read_identifiers
from consent.policies.queries import get_policy_in_force
from consent.records.queries import list_choices
from consent.requests.queries import RequestView, list_requests_of
from consent.subjects.queries import (
    SubjectStateUnreadable,
    find_subjects,
    list_facts,
    list_groups_of,
    list_held_links,
)
from consent.subjects.types import Fact, HeldPair, Identifier, SubjectGroup, SubjectRef

_NOBODY = SubjectGroup(asked=frozenset(), members=(), links=())
Facts = Mapping[SubjectRef, Sequence[Fact]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFile:
    """What is on record of one person, linked subjects included."""

    group: SubjectGroup
    words: PolicyWords
    holds: Sequence[Holds]
    timeline: TimelinePage
    identifiers: Mapping[SubjectRef, Sequence[Identifier] | None]
    """None of one whose identifiers do not open; none of the erased."""
    facts: Facts | None
    """None: they do not open, and every check denies."""
    signals: SignalsFile
    held_links: Sequence[HeldPair]
    requests: Sequence[tuple[RequestView, bool]]
    where: Whereabouts
    destinations: Mapping[str, str]
    """What each registered destination is called, by slug."""


def read_file(opened: OpenVisit, wanted: Wanted, *, at: datetime) -> PersonFile:
    """Return what is on record of whom the look-up leads to.

    :raises KeyUnreadable, KeysUnavailable: if a holding's key cannot be had.
    """
    person, words = opened.person, PolicyWords.of(get_policy_in_force(at=at))
    group, facts = _find_group(opened, at=at), _read_facts(person.refs)
    living = [ref for ref in person.refs if ref not in person.erased]
    signals = read_signals(person.refs, person.erased)
    holds = sum_up(
        group,
        list_choices(refs=person.refs, at=at),
        facts or {},
        purposes=words.list_slugs("purposes"),
        deaf_to_signals=words.list_deaf_to_signals(),
        controllers=words.list_slugs("controllers"),
        at=at,
    )
    return PersonFile(
        group=group,
        words=words,
        holds=holds,
        timeline=read_page(group, person.refs, facts or {}, signals.listed, wanted),
        identifiers=read_identifiers(living),
        facts=facts,
        signals=signals,
        held_links=list_held_links(person.refs),
        requests=list_requests_of(person.identifiers),
        where=locate(person),
        destinations=list_titles(),
    )


def _find_group(opened: OpenVisit, *, at: datetime) -> SubjectGroup:
    """Return the person's group, asked about as a check by the same identifier asks."""
    refs = frozenset(opened.person.refs)
    if not refs:
        return _NOBODY
    direct = _find_direct(opened.asked) & refs
    people = [one for group in list_groups_of(direct) for one in split(group, scope=direct, at=at).values()]
    return SubjectGroup(
        asked=direct,
        members=tuple(member for one in people for member in one.members if member.ref in refs),
        links=tuple(dict.fromkeys(link for one in people for link in one.links)),
    )


def _find_direct(asked: Asked) -> frozenset[SubjectRef]:
    if asked.identifier is not None:
        return find_subjects([[asked.identifier]])[0]
    return frozenset({asked.ref} if asked.ref else ())


def _read_facts(refs: Sequence[SubjectRef]) -> Facts | None:
    try:
        return list_facts(refs)
    except SubjectStateUnreadable:
        return None
