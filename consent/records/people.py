"""Whom identifiers lead to, and what these people chose, at any time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from consent.records.queries import list_choices, list_signal_texts
from consent.records.types import ChoiceInForce, SignalKind, SignalText
from consent.subjects.queries import list_groups, list_links
from consent.subjects.rules import group_refs
from consent.subjects.types import Identifier, KnownSubject, Link, SubjectGroup, SubjectRef


@dataclass(frozen=True, slots=True)
class Person:
    """Whom one set of identifiers leads to."""

    asked: frozenset[SubjectRef]
    """The subjects that the identifiers lead to directly; empty: nobody is known by them."""
    members: tuple[KnownSubject, ...]
    """Those and all that links in force join to them, by reference."""
    choices: tuple[ChoiceInForce, ...] = ()
    """What each member chose, by reference and key. What one said is not merged with what another did."""


def look_up(
    *, identifier_sets: Sequence[Sequence[Identifier]], at: datetime, known_at: datetime | None = None
) -> list[Person]:
    """Return whom each set leads to, with the links in force at `at` that were known at `known_at`.

    :raises MalformedIdentifier: if any of them cannot be an identifier of its kind.
    """
    return [_person(group, at, known_at or at) for group in list_groups(identifier_sets)]


def list_people_choices(
    *,
    identifier_sets: Sequence[Sequence[Identifier]],
    at: datetime,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> list[Person]:
    """Return whom each set leads to and what they chose; `at` is the present, the rest as in `list_choices`.

    :raises MalformedIdentifier: if any of them cannot be an identifier of its kind.
    """
    people = look_up(identifier_sets=identifier_sets, at=as_of or at, known_at=known_at or at)
    refs = {member.ref for person in people for member in person.members}
    choices = list_choices(refs=refs, at=at, as_of=as_of, known_at=known_at)
    return [
        Person(
            person.asked,
            person.members,
            tuple(choice for member in person.members for choice in choices.get(member.ref, ())),
        )
        for person in people
    ]


def find_signal_text(
    *, identifiers: Sequence[Identifier], kind: SignalKind, controller: str | None, at: datetime
) -> SignalText | None:
    """Return the latest signal of `kind` that the person has on record; None if there is none.

    :raises MalformedIdentifier: if any of them cannot be an identifier of its kind.
    :raises SubjectStateUnreadable: if it does not open.
    """
    [person] = look_up(identifier_sets=[identifiers], at=at)
    refs = [member.ref for member in person.members if member.erased_at is None]
    texts = list_signal_texts(refs=refs, kind=kind, controller=controller, at=at).values() if refs else ()
    return max(texts, key=lambda one: (one.effective_at, one.recorded_at), default=None)


def join_linked(refs: Collection[SubjectRef], *, at: datetime) -> frozenset[SubjectRef]:
    """Return `refs` and all that links in force at `at` join to them. One statement."""
    links = [link for link in list_links(refs) if _is_in_force(link, at, at)]
    groups = group_refs(refs=refs, links=links)
    return frozenset(member for ref in refs for member in groups[ref])


def _person(group: SubjectGroup, at: datetime, known_at: datetime) -> Person:
    links = [link for link in group.links if _is_in_force(link, at, known_at)]
    groups = group_refs(refs=group.asked, links=links)
    joined = frozenset(ref for asked in group.asked for ref in groups[asked])
    return Person(group.asked, tuple(member for member in group.members if member.ref in joined))


def _is_in_force(link: Link, at: datetime, known_at: datetime) -> bool:
    is_open = link.unlinked_at is None or link.unlinked_at > at
    return link.recorded_at <= known_at and link.linked_at <= at and is_open
