"""What canaries say fits real policies: at each destination nothing but the no denies them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.engine import decide
from activation.decisions.register import RegisteredDestination
from activation.decisions.types import Member, Question, SubjectState
from activation.enforcement.canaries.choosing import choose, choose_facts, choose_places, choose_requests
from activation.enforcement.canaries.expectations import list_expected
from activation.enforcement.canaries.types import Canary, Way
from consent.records.types import NO, ChoiceRecord
from consent.subjects.types import Fact
from tests.pack_people import NAMES, compile_document, read_document
from tests.policy_documents import read_retailer

NOW = datetime(2026, 11, 1, tzinfo=UTC)
DENIED_TO_EVERYBODY = {"loomlight_texts"}
"""A rule asks for a property of the request, which a run does not send."""
SPOKEN = [way for way in Way if way not in (Way.LAPSED, Way.ERASED)]
POLICIES = {
    **{name: compile_document(read_document(name)) for name in NAMES},
    "demo": compile_document(read_retailer()),
}


def make_canary(way: Way, policy: CompiledPolicy, destination: str, jurisdiction: str) -> Canary:
    return Canary(
        destination=destination,
        way=way,
        generation=1,
        jurisdiction=jurisdiction,
        policy_digest=policy.digest,
        made_at=NOW,
        prepared_at=NOW,
    )


def make_state(canary: Canary, policy: CompiledPolicy, *, silent: bool) -> SubjectState:
    """Return what is on record about the canary; `silent`: less its no."""
    asked = choose_requests(policy, canary.destination, NOW)
    requests = {one: f"rec_{number}" for number, one in enumerate(asked, 1)}
    said = [*asked.values(), *choose(canary.way, policy, canary.destination, NOW, requests)]
    records = [
        ChoiceRecord(
            record_id=f"rec_{number}",
            subject_ref="sub_1",
            version=number,
            purpose=one.purpose,
            choice=one.choice,
            effective_at=one.effective_at,
            recorded_at=NOW,
            controller=one.controller,
            destination=one.destination,
            notice=one.notice,
            notice_version=one.notice_version,
            expires_at=one.expires_at,
            explicit=one.explicit,
            refers_to=one.refers_to,
        )
        for number, one in enumerate(said, 1)
        if not (silent and one.choice in NO)
    ]
    facts = [
        Fact(
            subject_ref="sub_1",
            name=one.name,
            value=one.value,
            effective_at=one.effective_at,
            recorded_at=NOW,
            version=100 + number,
        )
        for number, one in enumerate(choose_facts(canary.jurisdiction, NOW))
    ]
    member = Member(
        subject_ref="sub_1",
        version=200,
        choices=tuple(records),
        facts=tuple(facts),
        erased_at=NOW if canary.way is Way.ERASED else None,
    )
    return SubjectState(asked=frozenset({"sub_1"}), members=(member,), complete_at=NOW)


def list_questions(policy: CompiledPolicy, destination: str) -> Iterator[Question]:
    for purpose in sorted(policy.destinations[destination].purposes):
        for controller in sorted(policy.establishments):
            yield Question(purpose=purpose, destination=destination, controller=controller)


def is_allowed(policy: CompiledPolicy, state: SubjectState, question: Question) -> bool:
    known = {
        slug: RegisteredDestination(slug, "warehouse", NOW - timedelta(days=1))
        for slug in policy.destinations
    }
    return decide(policy, known, state, question, NOW).allowed


@pytest.mark.parametrize("name", POLICIES)
def test_every_canary_that_must_be_denied_is(name: str) -> None:
    policy, asked = POLICIES[name], 0
    for destination in policy.destinations:
        for place in choose_places(policy, destination) or [""]:
            canaries = [make_canary(way, policy, destination, place) for way in Way]
            for question in list_questions(policy, destination):
                for canary in list_expected(canaries, policy, question, NOW):
                    asked += 1
                    assert not is_allowed(policy, make_state(canary, policy, silent=False), question), (
                        canary,
                        question,
                    )
    assert asked > 20


@pytest.mark.parametrize("name", POLICIES)
def test_at_every_destination_a_canary_would_be_allowed_without_its_no(name: str) -> None:
    policy = POLICIES[name]
    blunt = [
        destination
        for destination in policy.destinations
        if not any(
            is_allowed(
                policy,
                make_state(make_canary(way, policy, destination, place), policy, silent=True),
                question,
            )
            for place in choose_places(policy, destination)
            for way in SPOKEN
            for question in list_questions(policy, destination)
        )
    ]
    assert set(blunt) <= DENIED_TO_EVERYBODY
