"""The pure rules of requests: references, codes, levels, suggestions, choices, and what cannot come in."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consent.policies.law.shipped import load_shipped_law
from consent.records.types import ANY_PURPOSE, Choice
from consent.requests.rules import codes
from consent.requests.rules.appeals import is_within_window
from consent.requests.rules.choices import list_choices
from consent.requests.rules.levels import gives, is_enough, level_of
from consent.requests.rules.new_requests import find_fault
from consent.requests.rules.references import ALPHABET, make_word, read_word
from consent.requests.rules.suggesting import ALWAYS_TAKEN, RIGHTS, Suggestion, suggest
from consent.requests.types import NEVER_VERIFIED, Channel, Level, Method, NewRequest, RequestType
from consent.subjects.types import Identifier, IdentifierKind

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
LAW = load_shipped_law().in_force(NOW.date())
MARKED: dict[str, Any] = {
    "purposes": {
        "ads": {"opt_out_signals": ["sale"], "data_categories": ["contact"]},
        "care": {"data_categories": ["health"]},
    },
    "data_categories": {"contact": {}, "health": {"special": True}},
}


def test_a_word_holds_no_letter_that_looks_like_another_and_no_vowel() -> None:
    assert not set(ALPHABET) & set("01OILSZBAEU")
    assert make_word(lambda letters: letters[0]) == "2222-2222"
    assert read_word(" 7k3f-9qxw ") == read_word("7K3F 9QXW") == "7K3F9QXW"


def test_a_code_cannot_be_guessed_within_its_limits() -> None:
    possible = len(ALPHABET) ** 8
    guesses_a_day = codes.CODES_PER_CONTACT * codes.ATTEMPTS_PER_CODE

    assert possible > 10**11
    assert min(guesses_a_day, codes.ATTEMPTS_PER_CONTACT) / possible < 1e-9
    assert len({codes.make_code() for _ in range(50)}) == 50


@pytest.mark.parametrize("request_type", sorted(NEVER_VERIFIED | {RequestType.COMPLAINT}))
def test_who_says_no_is_asked_for_no_proof_wherever_they_live_and_whatever_is_held(
    request_type: RequestType,
) -> None:
    assert level_of(request_type, jurisdictions={"US-CA"}, has_special_categories=True) is Level.NONE


@pytest.mark.parametrize("request_type", sorted(set(RequestType) - NEVER_VERIFIED - {RequestType.COMPLAINT}))
def test_everything_else_asks_for_proof(request_type: RequestType) -> None:
    assert level_of(request_type) is Level.CONTACT


@pytest.mark.parametrize(
    ("request_type", "where", "special", "level"),
    [
        (RequestType.ACCESS, {"US-CA"}, False, Level.STRONG),
        (RequestType.ERASURE, {"US-CA"}, False, Level.CONTACT),
        (RequestType.ERASURE, {"DE"}, True, Level.STRONG),
        (RequestType.ACCESS, {"DE"}, True, Level.STRONG),
        (RequestType.RESTRICTION, {"DE"}, True, Level.CONTACT),
    ],
)
def test_more_is_asked_where_more_could_go_wrong(
    request_type: RequestType, where: set[str], special: bool, level: Level
) -> None:
    assert level_of(request_type, jurisdictions=where, has_special_categories=special) is level


def test_a_code_or_an_agent_is_not_enough_where_a_look_at_the_person_is_asked() -> None:
    strong = {method for method in Method if is_enough(method, Level.STRONG)}

    assert strong == {Method.TOKEN, Method.DOCUMENT}
    assert all(is_enough(method, Level.CONTACT) for method in Method)
    assert {gives(method) for method in Method} == {Level.CONTACT, Level.STRONG}


def suggested(request_type: RequestType = RequestType.ERASURE, **known: Any) -> Suggestion:
    return suggest(LAW, request_type, **known)


@pytest.mark.parametrize(
    ("known", "jurisdiction", "word"),
    [
        ({"said": "FR"}, "FR", "says that they live in FR"),
        ({"said": "FR", "residences": ["FR"]}, "FR", "is on record"),
        ({"said": "US", "residences": ["US-CA"]}, "US-CA", "is on record"),
        ({"said": "US-CA", "residences": ["US"]}, "US-CA", "is on record"),
        ({"said": "FR", "residences": ["DE"]}, "", "decide which"),
        ({"residences": ["DE"]}, "DE", "is on record"),
        ({"residences": ["DE", "FR"]}, "", "Several places"),
        ({"residences": ["US", "US-CO"]}, "US-CO", "is on record"),
        ({"establishment": ["DE"]}, "DE", "is established in DE"),
        ({"establishment": ["DE", "GB"]}, "", "Nothing is known"),
        ({}, "", "Nothing is known"),
    ],
)
def test_the_law_that_speaks_is_suggested_with_its_reason_and_left_to_an_officer_where_unclear(
    known: dict[str, Any], jurisdiction: str, word: str
) -> None:
    found = suggested(**known)

    assert found.jurisdiction == jurisdiction
    assert word in found.reason


def test_whether_the_law_gives_the_right_is_said_with_its_source_and_never_decided() -> None:
    assert suggested(said="DE").has_right is True
    lacking = suggested(RequestType.RESTRICTION, said="US-UT")
    assert lacking.has_right is False
    assert "no_such_right" in lacking.right_reason
    assert suggested(RequestType.RESTRICTION, said="US-UT", establishment=["DE"]).has_right is True
    assert suggested(said="US-AL").has_right is None
    assert suggested().has_right is None
    assert suggested(RequestType.OPT_OUT, said="US-AL").has_right is True
    assert suggested(RequestType.ACCESS, said="US-VA").free_requests == 2


def test_every_type_of_request_is_either_a_right_or_always_taken() -> None:
    assert set(RIGHTS) | ALWAYS_TAKEN == set(RequestType)
    assert not set(RIGHTS) & ALWAYS_TAKEN


@pytest.mark.parametrize(
    ("request_type", "purposes", "expected"),
    [
        (RequestType.OPT_OUT, (), [("ads", Choice.OPTED_OUT), (ANY_PURPOSE, Choice.SIGNAL)]),
        (RequestType.LIMIT_SENSITIVE, (), [("care", Choice.LIMITED)]),
        (RequestType.OBJECTION, (), [(ANY_PURPOSE, Choice.OBJECTED)]),
        (RequestType.OBJECTION, ("ads",), [("ads", Choice.OBJECTED)]),
        (RequestType.WITHDRAWAL, ("ads", "care"), [("ads", Choice.WITHDRAWN), ("care", Choice.WITHDRAWN)]),
        (RequestType.ACCESS, (), []),
    ],
)
def test_a_request_comes_to_the_choices_that_it_says(
    request_type: RequestType, purposes: Iterable[str], expected: list[tuple[str, Choice]]
) -> None:
    found = list_choices(request_type, policy=MARKED, controller="shop", purposes=purposes, said_at=NOW)

    assert [(one.purpose, one.choice) for one in found] == expected
    assert {one.controller for one in found} <= {"shop"}
    assert {one.effective_at for one in found} <= {NOW}


def test_without_a_policy_an_opt_out_still_counts_for_what_is_marked_later() -> None:
    [one] = list_choices(RequestType.OPT_OUT, policy={}, controller="shop", purposes=(), said_at=NOW)

    assert (one.purpose, one.choice) == (ANY_PURPOSE, Choice.SIGNAL)


def test_an_answer_can_be_appealed_against_for_ninety_days() -> None:
    assert is_within_window(NOW, at=NOW + timedelta(days=90))
    assert not is_within_window(NOW, at=NOW + timedelta(days=90, seconds=1))


@pytest.mark.parametrize(
    ("received_at", "is_in_order"),
    [
        (NOW, True),
        (NOW + timedelta(minutes=4), True),
        (NOW + timedelta(minutes=6), False),
        (NOW - timedelta(days=364), True),
        (NOW - timedelta(days=366), False),
        (NOW.replace(tzinfo=None), False),
    ],
)
def test_a_request_came_in_within_the_last_year(received_at: datetime, is_in_order: bool) -> None:
    new = NewRequest(
        type=RequestType.ACCESS,
        controller="shop",
        identifiers=(Identifier(IdentifierKind.EMAIL, "ann@people.example"),),
        channel=Channel.OFFICER,
        received_at=received_at,
    )

    assert (find_fault(new, at=NOW) is None) is is_in_order
