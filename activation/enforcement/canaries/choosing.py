"""What a canary says under a policy, so that nothing but its no denies it. Pure.

Each canary first says yes to all that its destination may ask for, on a notice that names the destination,
and lives where a rule would allow it. Then comes the no.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from activation.decisions.compiled import EVERYWHERE, CompiledPolicy
from activation.decisions.policy_rows import list_requirements
from activation.decisions.resolution import resolve
from activation.enforcement.canaries.types import Way
from consent.records.types import ANY_PURPOSE, Choice, NewChoice, NewFact
from consent.subjects.types import FactName

MOST_NAMED = 50
"""Purposes that a canary says yes to, and refuses singly; of more, it refuses the branches they lie on."""
NOWHERE_ELSE = "ZZ"
"""A code that ISO 3166 leaves to its users: there the rule for everywhere holds, and nobody lives there."""
_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_TOLD, _ASKED = timedelta(days=3), timedelta(days=2, hours=1)
_SAID_YES, _SAID_NO = timedelta(days=2), timedelta(days=1)
_FACTS = {
    FactName.BORN_ON: "1980-01-01",
    FactName.SOFT_OPT_IN: "yes",
    FactName.CONTRACT_ACTIVE: "yes",
    FactName.VITAL_INTEREST: "yes",
}
_METHOD = "canary"


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that the destination may ask for, or that such a thing requires."""

    purpose: str
    controller: str


def list_asked(policy: CompiledPolicy, destination: str) -> list[Asked]:
    """Return what a canary of `destination` is to have said yes to, in a fixed order."""
    entry = policy.destinations.get(destination)
    purposes = sorted(entry.purposes) if entry else []
    needed = dict.fromkeys(one for purpose in purposes for one in list_requirements(policy, purpose))
    return [
        Asked(purpose, controller)
        for purpose in needed
        for controller in sorted(policy.establishments)
        if policy.rules_for(purpose, controller)
    ]


def choose_places(policy: CompiledPolicy, destination: str) -> list[str]:
    """Return where the answer about `destination` hangs on the person alone, in a fixed order."""
    entry = policy.destinations.get(destination)
    found = {
        place
        for asked in list_asked(policy, destination)
        for place in _places_of(policy, asked)
        if entry is not None
        and asked.purpose in entry.purposes
        and resolve(
            policy,
            purpose=asked.purpose,
            controller=asked.controller,
            jurisdiction=place,
            destination=destination,
        ).reason
        is None
    }
    return sorted(found)


def _places_of(policy: CompiledPolicy, asked: Asked) -> Iterator[str]:
    for code in policy.rules_for(asked.purpose, asked.controller):
        if code == EVERYWHERE:
            yield NOWHERE_ELSE
        elif members := [member for member, groups in policy.groups.items() if code in groups]:
            yield min(members)
        elif _PLACE.fullmatch(code):
            yield code


def choose_facts(jurisdiction: str, at: datetime) -> tuple[NewFact, ...]:
    """Return what is on record about a canary that lives in `jurisdiction`: all that a rule may ask for."""
    facts = {**_FACTS, FactName.RESIDENCE: jurisdiction}
    return tuple(
        NewFact(name=name, value=value, effective_at=at - _TOLD) for name, value in facts.items() if value
    )


def choose_requests(policy: CompiledPolicy, destination: str, at: datetime) -> dict[Asked, NewChoice]:
    """Return what a canary is first asked to confirm, where a rule wants a double opt-in."""
    return {
        one: replace(_say_yes(one, policy, destination, at - _ASKED), choice=Choice.PENDING)
        for one in list_asked(policy, destination)[:MOST_NAMED]
        if any(rule.double_opt_in for rule in policy.rules_for(one.purpose, one.controller).values())
    }


def choose(
    way: Way, policy: CompiledPolicy, destination: str, at: datetime, requests: Mapping[Asked, str]
) -> tuple[NewChoice, ...]:
    """Return what a canary says in its `way`: every yes first, then the no.

    `requests` are the records of what `choose_requests` returned, which the canary confirms.
    """
    asked = list_asked(policy, destination)
    yeses = [
        replace(
            _say_yes(one, policy, destination, at - _SAID_YES),
            choice=Choice.CONFIRMED if one in requests else Choice.GRANTED,
            refers_to=requests.get(one),
            expires_at=at - _SAID_NO if way is Way.LAPSED else None,
        )
        for one in asked[:MOST_NAMED]
    ]
    return (*yeses, *_say_no(way, asked, destination, at - _SAID_NO))


def _say_yes(asked: Asked, policy: CompiledPolicy, destination: str, at: datetime) -> NewChoice:
    notice, version = _choose_notice(asked, policy, destination)
    return NewChoice(
        purpose=asked.purpose,
        choice=Choice.GRANTED,
        controller=asked.controller,
        effective_at=at,
        notice=notice,
        notice_version=version,
        method=_METHOD,
        explicit=True,
    )


def _choose_notice(
    asked: Asked, policy: CompiledPolicy, destination: str
) -> tuple[str, int] | tuple[None, None]:
    """Return the notice that a rule asks for, the latest that names the destination before any other."""
    wanted = {rule.notice for rule in policy.rules_for(asked.purpose, asked.controller).values()} - {None}
    notices = sorted(
        policy.recipients,
        key=lambda one: (one[0] in wanted, destination in policy.recipients[one], one[1], one[0]),
    )
    return notices[-1] if notices else (None, None)


def _say_no(way: Way, asked: Sequence[Asked], destination: str, at: datetime) -> list[NewChoice]:
    purposes = list(dict.fromkeys(one.purpose for one in asked))
    branches = list(dict.fromkeys(purpose.partition(".")[0] for purpose in purposes))
    if way is Way.REFUSED:
        named = purposes if len(purposes) <= MOST_NAMED else branches
        return [_no(Choice.REFUSED, name, at) for name in named or [ANY_PURPOSE]]
    if way is Way.WITHDRAWN:
        return [_no(Choice.WITHDRAWN, name, at) for name in branches or [ANY_PURPOSE]]
    if way is Way.OPTED_OUT:
        return [_no(Choice.OPTED_OUT, ANY_PURPOSE, at, destination)]
    return [_no(Choice.OBJECTED, ANY_PURPOSE, at)] if way is Way.UNSUBSCRIBED else []


def _no(choice: Choice, purpose: str, at: datetime, destination: str | None = None) -> NewChoice:
    return NewChoice(purpose=purpose, choice=choice, effective_at=at, destination=destination, method=_METHOD)
