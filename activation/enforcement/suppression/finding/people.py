"""Who the members of holdings are now: their states, loaded together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from activation.decisions.types import SubjectState
from activation.enforcement.membership.types import Member
from activation.snapshots.tailing.people import load_readable
from consent.subjects.queries import find_subjects, list_groups_asking, list_groups_of
from consent.subjects.rules import MalformedIdentifier
from consent.subjects.types import Identifier, SubjectRef

Asked = frozenset[SubjectRef]
NOBODY: Asked = frozenset()
"""Whom a stranger is who is one still."""


def list_touched_groups(refs: Iterable[str]) -> list[Asked]:
    """Return all who are, or once were, one person with one of `refs`: each group once. Two statements."""
    groups = list_groups_of(map(SubjectRef, refs))
    return [group.asked.union(member.ref for member in group.members) for group in groups]


def identify(members: Sequence[Member]) -> list[Asked]:
    """Return whom each member is: itself, or for a stranger those that what was sent leads to by now."""
    strangers = [_identifiers_of(member) for member in members if not member.ref]
    found = iter(_find(strangers))
    return [frozenset({SubjectRef(one.ref)}) if one.ref else next(found) for one in members]


def load_states(asked: Iterable[Asked]) -> Mapping[Asked, SubjectState]:
    """Return the state of each of those asked about, as it is now.

    One whose sealed facts do not open is unavailable, and so denied: what is not known is no ground to stay.

    :raises KeysUnavailable: if the keys cannot be asked at all: that says nothing about anybody.
    """
    wanted = [one for one in dict.fromkeys(asked) if one]
    states = zip(wanted, load_readable(list_groups_asking(wanted)), strict=True)
    return {NOBODY: SubjectState()} | {one: _known(one, state) for one, state in states}


def _known(asked: Asked, state: SubjectState | None) -> SubjectState:
    if state is None:
        return SubjectState(asked=asked, available=False)
    return replace(state, asked=asked)


def _find(strangers: Sequence[list[Identifier]]) -> list[Asked]:
    if not strangers:
        return []
    try:
        return find_subjects(strangers)
    except MalformedIdentifier:  # what was sent under a name that it does not fit leads to nobody
        return [_find_one(identifiers) for identifiers in strangers]


def _find_one(identifiers: Sequence[Identifier]) -> Asked:
    found: set[SubjectRef] = set()
    for identifier in identifiers:
        try:
            found.update(*find_subjects([[identifier]]))
        except MalformedIdentifier:
            continue
    return frozenset(found)


def _identifiers_of(member: Member) -> list[Identifier]:
    return [Identifier(kind, value) for kind, values in member.identifiers.items() for value in values]
