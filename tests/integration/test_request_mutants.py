"""With one of the guards taken away, the attack that it stands against works, and the tests would say so."""

from collections.abc import Callable
from typing import Any

import pytest

from consent.requests.intake import joining, matching
from consent.requests.intake.contents import read_claims
from consent.requests.models import Request
from consent.requests.rules import codes as rules
from consent.requests.verification import codes
from tests.integration import test_request_joining as joins
from tests.integration import test_request_verification as proofs

pytestmark = pytest.mark.django_db
ENDLESS = 10**6


@pytest.mark.parametrize(
    ("limit", "attack"),
    [
        ("ATTEMPTS_PER_CODE", proofs.test_a_code_tried_wrongly_too_often_is_good_for_nothing),
        (
            "ATTEMPTS_PER_REQUEST",
            proofs.test_a_request_that_was_guessed_at_too_often_takes_no_code_and_goes_to_an_officer,
        ),
        (
            "ATTEMPTS_PER_CONTACT",
            proofs.test_nobody_gets_more_guesses_at_a_contact_by_filing_more_requests,
        ),
        (
            "CODES_PER_CONTACT",
            proofs.test_a_contact_is_not_flooded_with_codes_and_whoever_asks_is_answered_as_before,
        ),
    ],
)
def test_a_limit_that_is_taken_away_is_missed(
    monkeypatch: pytest.MonkeyPatch, limit: str, attack: Callable[[], None]
) -> None:
    monkeypatch.setattr(rules, limit, ENDLESS)

    with pytest.raises(AssertionError):
        attack()


def test_a_code_that_never_ends_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "LIFETIME", rules.LIFETIME * 1000)

    with pytest.raises(AssertionError):
        proofs.test_a_code_ends_after_a_quarter_of_an_hour()


def test_a_check_that_takes_any_code_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "is_code", lambda *_, **__: True)

    with pytest.raises(AssertionError):
        proofs.test_a_wrong_code_counts_and_is_told_and_the_right_one_still_counts_after_it()


def test_a_match_by_what_was_only_claimed_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "read_proven", lambda request: read_claims(request).identifiers)

    for attack in (
        proofs.test_what_was_only_claimed_widens_nothing,
        proofs.test_a_code_that_went_to_the_address_to_answer_to_proves_that_address_alone,
    ):
        with pytest.raises(AssertionError):
            attack()


def test_a_match_by_an_address_that_was_slipped_in_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "_is_certain", lambda *_: True)

    with pytest.raises(AssertionError):
        proofs.test_an_address_that_was_slipped_into_somebody_elses_record_proves_nothing_about_it()


def test_a_join_to_what_nobody_proved_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_any(request: Request, _: Any) -> Request | None:
        same = Request.objects.filter(type=request.type, controller=request.controller)
        return same.exclude(pk=request.pk).order_by("received_at", "pk").first()

    monkeypatch.setattr(joining, "_find_same", find_any)

    for attack in (
        joins.test_who_files_first_in_somebody_elses_name_stops_nothing_and_sees_nothing,
        joins.test_who_proved_less_or_something_else_joins_nothing,
    ):
        with pytest.raises(AssertionError):
            attack()
