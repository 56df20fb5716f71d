"""The rate limit and the budget of identifiers, over every short story there is."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from activation.checks.limits import UNLIMITED, WINDOW, Meter, headers_of, refusal_of
from activation.checks.types import NO_LIMITS, Limits

CLIENT, OTHER = 1, 2
MONDAY = date(2026, 6, 1)


def digest(number: int) -> bytes:
    """Return the blind index of an identifier."""
    return hashlib.sha256(str(number).encode()).digest()


def meter(limits: Limits) -> Meter:
    """Return a meter that holds one client to `limits`."""
    made = Meter()
    made.watch(CLIENT, limits)
    return made


@pytest.mark.parametrize("costs", [*product((0, 1, 2, 5), repeat=3)], ids=str)
@pytest.mark.parametrize("pauses", [*product((1.0, 29.5, 30.0, 60.0), repeat=2)], ids=str)
def test_no_window_ever_holds_more_questions_than_the_limit(
    costs: tuple[int, ...], pauses: tuple[float, ...]
) -> None:
    limit, tried = 4, meter(Limits(questions_per_minute=4))
    now, begun, spent = 100.0, 100.0, 0
    for cost, pause in zip(costs, (*pauses, 0.0), strict=True):
        if now >= begun + WINDOW:
            begun, spent = now, 0

        answer = tried.spend(CLIENT, cost, now)

        assert answer.is_allowed is (spent + cost <= limit)
        spent += cost if answer.is_allowed else 0
        assert (answer.limit, answer.remaining) == (limit, limit - spent)
        assert answer.reset == begun + WINDOW - now
        now += pause


def test_a_batch_costs_its_questions_and_a_refused_one_costs_nothing() -> None:
    tried = meter(Limits(questions_per_minute=100))

    assert tried.spend(CLIENT, 60, 0.0).remaining == 40
    refused = tried.spend(CLIENT, 60, 1.0)

    assert (refused.is_allowed, refused.remaining, refused.reset) == (False, 40, 59.0)
    assert tried.spend(CLIENT, 40, 2.0).is_allowed


def test_the_limit_is_whole_again_after_the_window() -> None:
    tried = meter(Limits(questions_per_minute=1))

    assert [tried.spend(CLIENT, 1, now).is_allowed for now in (5.0, 64.9, 65.0)] == [True, False, True]


def test_one_client_does_not_spend_another_s() -> None:
    tried = meter(Limits(questions_per_minute=1, identifiers_per_day=1))
    tried.watch(OTHER, Limits(questions_per_minute=1, identifiers_per_day=1))
    tried.spend(CLIENT, 1, 0.0)
    tried.note(CLIENT, digest(1))
    tried.note(CLIENT, digest(2))

    assert tried.spend(OTHER, 1, 0.0).is_allowed
    assert (tried.is_budget_spent(CLIENT), tried.is_budget_spent(OTHER)) == (True, False)


def test_a_client_without_limits_is_never_refused_and_told_none() -> None:
    tried = meter(NO_LIMITS)
    for number in range(1000):
        tried.note(CLIENT, digest(number))

    assert tried.spend(CLIENT, 10**9, 0.0) == UNLIMITED
    assert not tried.is_budget_spent(CLIENT)
    assert headers_of(UNLIMITED) == {}


def test_what_is_told_is_what_the_draft_says() -> None:
    tried = meter(Limits(questions_per_minute=100))

    told = headers_of(tried.spend(CLIENT, 30, 0.0))
    assert told == {"RateLimit-Policy": '"questions";q=100;w=60', "RateLimit": '"questions";r=70;t=60'}

    refused = headers_of(tried.spend(CLIENT, 71, 17.5))
    assert (refused["RateLimit"], refused["Retry-After"]) == ('"questions";r=70;t=43', "43")


def test_a_request_that_no_window_holds_is_told_so() -> None:
    tried = meter(Limits(questions_per_minute=100))

    assert "at most 100" in str(refusal_of(tried.spend(CLIENT, 101, 0.0), 101))
    assert "Retry-After" in str(refusal_of(tried.spend(CLIENT, 100, 0.0), 100))


@pytest.mark.parametrize("budget", [1, 2, 3, 10, 100])
def test_the_budget_is_spent_by_one_identifier_more_and_not_by_repeating(budget: int) -> None:
    tried = meter(Limits(identifiers_per_day=budget))
    for _ in range(3):
        for number in range(budget):
            tried.note(CLIENT, digest(number))
    assert not tried.is_budget_spent(CLIENT)

    for number in range(budget, budget + 1 + budget // 50):  # a sketch may be some percent late
        tried.note(CLIENT, digest(number))

    assert tried.is_budget_spent(CLIENT)


def test_a_new_day_begins_with_the_whole_budget() -> None:
    tried = meter(Limits(identifiers_per_day=1))
    tried.turn_to(MONDAY)
    tried.note(CLIENT, digest(1))
    tried.note(CLIENT, digest(2))

    assert not tried.turn_to(MONDAY)
    assert tried.is_budget_spent(CLIENT)
    assert tried.turn_to(MONDAY + timedelta(days=1))
    assert not tried.is_budget_spent(CLIENT)
    assert not tried.take_noted()


def test_what_was_noted_before_the_day_was_told_counts_for_it() -> None:
    tried = meter(Limits(identifiers_per_day=1))
    tried.note(CLIENT, digest(1))
    tried.note(CLIENT, digest(2))

    assert tried.turn_to(MONDAY)

    assert tried.is_budget_spent(CLIENT)


def test_each_note_is_taken_once_and_again_if_it_could_not_be_kept() -> None:
    tried = meter(Limits())
    tried.note(CLIENT, digest(1))

    assert [*tried.take_noted()] == [CLIENT]
    assert not tried.take_noted()
    tried.note_again([CLIENT])
    assert [*tried.take_noted()] == [CLIENT]


def test_a_key_s_use_is_taken_once_a_minute() -> None:
    tried, minute = Meter(), datetime(2026, 6, 1, 12, tzinfo=UTC)
    tried.use(7)

    assert tried.take_used(minute) == {7}
    tried.use(7)
    tried.use(8)
    assert tried.take_used(minute) == {8}
    tried.use(7)
    assert tried.take_used(minute + timedelta(minutes=1)) == {7}


def test_changed_limits_hold_at_once() -> None:
    tried = meter(Limits(questions_per_minute=1))
    tried.spend(CLIENT, 1, 0.0)

    tried.watch(CLIENT, Limits(questions_per_minute=2))

    assert tried.spend(CLIENT, 2, 1.0).is_allowed
    tried.watch(CLIENT, Limits(questions_per_minute=2))  # the same again gives nothing back
    assert not tried.spend(CLIENT, 1, 2.0).is_allowed
