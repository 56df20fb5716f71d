"""The form that asks the engine about a person gives the check API's own answer, in words."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from activation.checks.types import Scope
from activation.decisions.reasons import Reason
from activation.desk.person.reasons_in_words import REASON_WORDS
from activation.destinations.services import suspend_destination
from consent.subjects.services import erase_subject
from tests.checks_world import EVALUATION, caller, question
from tests.enforcement_world import (
    BRITON,
    GERMAN,
    REFUSED,
    STRANGER,
    WITHDRAWN,
    make_world,
    record_choices,
)
from tests.person_world import look, officer, text_of
from tests.simulation_world import find

pytestmark = pytest.mark.django_db

SHOWN, PENDING, OBJECTED, OPTED_OUT, FRENCH, LIMITED, SIGNAL = (
    "00011",
    "00012",
    "00013",
    "00014",
    "00015",
    "00016",
    "00017",
)
ASKED = {"purpose": "advertising.audience", "destination": "ads", "controller": "shop"}
CASES: dict[Reason, tuple[str, dict[str, str]]] = {
    Reason.GRANTED: (GERMAN, {}),
    Reason.WITHDRAWN: (WITHDRAWN, {}),
    Reason.REFUSED: (REFUSED, {}),
    Reason.SUBJECT_UNKNOWN: (STRANGER, {}),
    Reason.NO_CHOICE: (SHOWN, {}),
    Reason.PENDING_CONFIRMATION: (PENDING, {}),
    Reason.OBJECTED: (OBJECTED, {}),
    Reason.OPTED_OUT: (OPTED_OUT, {}),
    Reason.NO_RULE: (FRENCH, {}),
    Reason.PURPOSE_UNKNOWN: (GERMAN, {"purpose": "marketing.pigeons"}),
    Reason.DESTINATION_UNKNOWN: (GERMAN, {"destination": "nowhere"}),
    Reason.DATA_CATEGORY_NOT_PERMITTED: (GERMAN, {"data_categories": "health.records, contact.email"}),
    Reason.POLICY_UNAVAILABLE: (GERMAN, {"as_of": "2025-06-01T00:00"}),
    Reason.NO_RECORD: (GERMAN, {"as_of": "2026-01-10T00:00"}),
}


@pytest.fixture(autouse=True)
def _world() -> None:
    make_world()
    for customer, choice in (
        (SHOWN, "shown"),
        (PENDING, "pending"),
        (OBJECTED, "objected"),
        (OPTED_OUT, "opted_out"),
        (LIMITED, "limited"),
    ):
        record_choices(customer, "DE", choice)
    record_choices(FRENCH, "FR", "granted")


def ask_page(customer: str, **changes: str) -> str:
    client = officer()
    asked = {f"why-{name}": value for name, value in {**ASKED, **changes}.items()}
    return text_of(client.get(f"{look(client, value=customer)}?{urlencode(asked)}"))


def ask_api(customer: str, **changes: str) -> dict[str, Any]:
    asked = {**ASKED, **changes}
    context: dict[str, Any] = {"controller": asked["controller"]}
    if "data_categories" in asked:
        context["data_categories"] = [one.strip() for one in asked["data_categories"].split(",")]
    for name in {"as_of", "known_at"} & asked.keys():
        context[name] = f"{asked[name]}:00Z"
    body = question(
        customer,
        action={"name": asked["purpose"]},
        resource={"id": asked["destination"]},
        context=context,
    )
    answer = caller(Scope.CHECK, Scope.EXPLAIN).post(EVALUATION, body)
    assert answer.status_code == 200, answer.json()
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.parametrize("reason", CASES)
def test_the_form_gives_the_answer_of_the_check_api(reason: Reason) -> None:
    customer, changes = CASES[reason]

    told, page = ask_api(customer, **changes), ask_page(customer, **changes)

    context = told["context"]
    assert context["reason"] == reason
    assert f"<dd><bdi>{reason.value}</bdi></dd>" in page
    assert _escaped(REASON_WORDS[reason]) in page
    assert (">allow</span>" in _answer(page)) is told["decision"] or context["historic"]
    assert (">deny</span>" in _answer(page)) is not (">allow</span>" in _answer(page))
    for name in ("rule_id", "record_id"):
        assert not context.get(name) or str(context[name]) in _answer(page)
    assert ("Historic." in page) is bool(context.get("historic"))


def test_the_answer_names_basis_notice_record_obligations_and_policy() -> None:
    answer = _answer(ask_page(GERMAN))

    assert "<dt>Legal basis</dt><dd><bdi>consent</bdi></dd>" in answer
    assert "Privacy notice, version 1" in answer
    assert "said yes on 2026-02-05 10:00 for advertising.audience" in answer
    assert "replace email by its sha256" in answer
    assert "<dt>Policy version</dt><dd><bdi>1</bdi></dd>" in answer
    assert "The rule germany" in answer
    assert "data of people in DE (Germany) for advertising.audience (Audiences) at ads (Ads)" in answer


def test_a_past_answer_is_marked_as_historic() -> None:
    answer = _answer(ask_page(WITHDRAWN, as_of="2026-02-20T00:00"))

    assert "granted" in answer
    assert "Historic." in answer
    assert "lets nothing leave" in answer


def test_what_was_known_then_can_be_asked() -> None:
    answer = _answer(ask_page(GERMAN, known_at="2026-01-02T00:00"))

    assert "Historic." in answer
    assert "<bdi>granted</bdi>" not in answer


def test_a_suspended_destination_and_an_erased_person_are_told() -> None:
    suspend_destination(slug="ads", reason="audit", changed_by="officer", at=timezone.now())
    assert "<bdi>destination_suspended</bdi>" in _answer(ask_page(GERMAN))
    erase_subject(ref=find(BRITON), requested_by="request:7", at=timezone.now())

    page = ask_page(BRITON, destination="ads", as_of="")

    assert "This person was erased." in page
    assert "Record a no" not in page


def test_the_future_is_not_asked_about_and_what_is_missing_is_said() -> None:
    soon = f"{timezone.now() + timedelta(days=2):%Y-%m-%dT%H:%M}"

    assert "That is not over yet" in ask_page(GERMAN, as_of=soon)
    assert "This field is required" in ask_page(GERMAN, destination="")
    assert "Enter a valid date/time" in ask_page(GERMAN, known_at="yesterday")
    assert 'id="answer"' not in ask_page(GERMAN, as_of=soon)


def test_somebody_looked_up_by_reference_is_answered_alike() -> None:
    client = officer()
    asked = urlencode({f"why-{name}": value for name, value in ASKED.items()})

    by_ref = text_of(client.get(f"{look(client, kind='subject_ref', value=find(WITHDRAWN))}?{asked}"))

    assert "<bdi>withdrawn</bdi>" in _answer(by_ref)


def test_every_reason_has_words() -> None:
    assert set(REASON_WORDS) == set(Reason)


def _answer(page: str) -> str:
    found = re.search(r'<article[^>]*id="answer".*?</article>', page)
    return found[0] if found else ""


def _escaped(words: str) -> str:
    return words.replace("'", "&#x27;")
