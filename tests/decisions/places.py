"""Everybody, everywhere: each question that a policy can be asked, and two people to ask it about.

One has agreed to everything and has every fact on record; the other has said nothing. What the policy alone
denies, it denies to both.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.engine import decide
from activation.decisions.reasons import ALLOWING, Effect, Reason
from activation.decisions.register import RegisteredDestination
from activation.decisions.resolution import Resolution, resolve
from activation.decisions.types import Decision, Member, Question, SubjectState
from consent.policies.document.codes import load_codes
from consent.records.types import Choice, ChoiceRecord
from consent.subjects.types import Fact, FactName

TABLE = load_codes()
CODES = [*sorted({*TABLE.countries, *TABLE.subdivisions, *TABLE.groups}), "DE-BY", "ZZ", None]
"""Every code there is, a place that the table does not list, one that is none, and not known."""
NOW = datetime(2026, 6, 1, tzinfo=UTC)
SAID_AT = NOW - timedelta(days=1)
OWN_FACTS = (FactName.CONTRACT_ACTIVE, FactName.SOFT_OPT_IN, FactName.VITAL_INTEREST)
PERSONAL = {Reason.RECIPIENT_NOT_COVERED}
"""What may still stand between a person who has agreed to everything and an allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question about everybody in one place."""

    purpose: str
    controller: str
    jurisdiction: str | None
    destination: str


def list_questions(policy: CompiledPolicy, codes: list[str | None]) -> Iterator[Asked]:
    """Yield every question of `policy` in `codes`, undeclared purposes and recipients included."""
    purposes, destinations = [*policy.purposes, "nobody.declared"], [*policy.destinations, "nobody"]
    for purpose, controller, code, slug in product(purposes, policy.establishments, codes, destinations):
        yield Asked(purpose=purpose, controller=controller, jurisdiction=code, destination=slug)


def resolution_of(policy: CompiledPolicy, asked: Asked) -> Resolution:
    """Return what the policy alone says."""
    return resolve(
        policy,
        purpose=asked.purpose,
        controller=asked.controller,
        jurisdiction=asked.jurisdiction,
        destination=asked.destination,
    )


def find_disagreement(policy: CompiledPolicy, asked: Asked) -> str:
    """Return where the engine and `resolve` part over `asked`; nothing where they agree."""
    found = resolution_of(policy, asked)
    willing, silent = decide_willing(policy, asked), decide_silent(policy, asked)
    rules = {one.rule.rule_id for one in found.rules if one.rule}
    if found.denials:
        first = found.denials[0]
        same = (willing.reason, willing.jurisdiction, willing.required_purpose) == (
            first.reason,
            first.jurisdiction,
            first.required_purpose,
        )
        return "" if same and silent.effect is Effect.DENY else f"{asked}: {found.reason}, {willing.reason}"
    by_rule = willing.rule_id in rules and willing.reason in ALLOWING | PERSONAL
    unruled = {Reason.REQUIRED_PURPOSE_DENIED, Reason.JURISDICTION_UNRESOLVED}
    ruled = silent.rule_id in rules or silent.reason in unruled
    return "" if by_rule and ruled else f"{asked}: {rules}, {willing}, {silent.reason}"


def decide_willing(policy: CompiledPolicy, asked: Asked) -> Decision:
    """Return the engine's decision on somebody there who has agreed to everything."""
    choices = (record for slug in policy.purposes for record in _agreed(policy, slug, asked.controller))
    facts = [*_whereabouts(asked), *(_fact(name, "yes") for name in OWN_FACTS)]
    return _decide(policy, asked, (*facts, _fact(FactName.BORN_ON, "1980-05-05")), tuple(choices))


def decide_silent(policy: CompiledPolicy, asked: Asked) -> Decision:
    """Return the engine's decision on somebody there who has said nothing."""
    return _decide(policy, asked, _whereabouts(asked), ())


def _decide(
    policy: CompiledPolicy, asked: Asked, facts: tuple[Fact, ...], choices: tuple[ChoiceRecord, ...]
) -> Decision:
    slugs = [*policy.destinations, asked.destination]
    register = {slug: RegisteredDestination(slug, "file", SAID_AT) for slug in slugs}
    member = Member(subject_ref="p1", version=9, choices=choices, facts=facts)
    state = SubjectState(asked=frozenset({"p1"}), members=(member,), complete_at=NOW)
    question = Question(
        purpose=asked.purpose,
        destination=asked.destination,
        controller=asked.controller,
        properties={"resource.region": "west", "resource.level": 2},
    )
    return decide(policy, register, state, question, NOW)


def _whereabouts(asked: Asked) -> tuple[Fact, ...]:
    return () if asked.jurisdiction is None else (_fact(FactName.RESIDENCE, asked.jurisdiction),)


def _fact(name: FactName, value: str) -> Fact:
    return Fact(
        subject_ref="p1", name=name, value=value, effective_at=SAID_AT, recorded_at=SAID_AT, version=1
    )


def _agreed(policy: CompiledPolicy, purpose: str, controller: str) -> Iterator[ChoiceRecord]:
    """Yield a request and its confirmation, explicit, on the newest notice there is."""
    notice, version = max(policy.recipients, default=("none", 1))
    for place, (choice, request) in enumerate(((Choice.PENDING, None), (Choice.CONFIRMED, f"{purpose} 0"))):
        yield ChoiceRecord(
            record_id=f"{purpose} {place}",
            subject_ref="p1",
            version=place + 1,
            purpose=purpose,
            choice=choice,
            controller=controller,
            destination=None,
            effective_at=SAID_AT,
            recorded_at=SAID_AT,
            notice=notice,
            notice_version=version,
            explicit=True,
            refers_to=request,
        )
