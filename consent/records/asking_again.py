"""Whether somebody who said no may be asked again yet: the law's quiet time, by where they live."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from consent.kernel import canonical
from consent.policies.queries import get_law, get_policy_in_force
from consent.records.people import Person, list_people_choices
from consent.records.rules.asking_again import QuietTime, covers, find_quiet_times
from consent.records.types import NO
from consent.subjects.queries import SubjectStateUnreadable, list_facts
from consent.subjects.types import FactName, Identifier, SubjectRef


@dataclass(frozen=True, slots=True)
class MayAsk:
    """Whether a person may be asked for a purpose."""

    may: bool
    until: datetime | None
    """From when on they may; None: they may now."""
    reason: str
    """The law that says not to; empty: none does."""


def may_ask_again(
    identifiers: Sequence[Identifier], *, purpose: str, at: datetime, controller: str | None = None
) -> MayAsk:
    """Return whether the person may be asked for `purpose`: not while a no to it, or above it, is left alone.

    Whoever is not known has said no to nothing.

    :raises MalformedIdentifier: if any of them cannot be an identifier of its kind.
    """
    people = list_people_choices(identifier_sets=[identifiers], at=at)
    [times] = list_quiet_times(people, at=at)
    quiet = [one for one in times if covers(one, purpose, controller)]
    last = max(quiet, key=lambda one: one.ask_again_from, default=None)
    return MayAsk(True, None, "") if last is None else MayAsk(False, last.ask_again_from, last.citation)


def list_quiet_times(people: Sequence[Person], *, at: datetime) -> list[tuple[QuietTime, ...]]:
    """Return, for each person, the noes that are left alone at `at`, by purpose."""
    refs = {
        SubjectRef(choice.subject_ref)
        for person in people
        for choice in person.choices
        if choice.choice in NO
    }
    if not refs:
        return [() for _ in people]
    law, policy = get_law(at=at.date()), get_policy_in_force(at=at)
    document = None if policy is None else canonical.loads(policy.canonical)
    residences = _list_residences({member.ref for one in people for member in one.members}, at)
    return [
        tuple(
            sorted(
                find_quiet_times(
                    person.choices,
                    law=law,
                    document=document,
                    places={place for member in person.members for place in residences.get(member.ref, ())},
                    at=at,
                ),
                key=lambda one: (one.purpose, one.controller or "", one.ask_again_from),
            )
        )
        for person in people
    ]


def _list_residences(refs: Collection[SubjectRef], at: datetime) -> Mapping[SubjectRef, frozenset[str]]:
    """Return where each lives, as far as that is on record and can be read."""
    found: defaultdict[SubjectRef, dict[str | None, str]] = defaultdict(dict)
    try:
        facts = list_facts(refs)
    except SubjectStateUnreadable:
        return {}
    for ref, known in facts.items():
        for fact in sorted(known, key=lambda one: (one.effective_at, one.version)):
            is_in_force = fact.effective_at <= at and (fact.until is None or at < fact.until)
            if fact.name is FactName.RESIDENCE and is_in_force:
                found[ref][fact.controller] = fact.value
    return {ref: frozenset(by_controller.values()) for ref, by_controller in found.items()}
