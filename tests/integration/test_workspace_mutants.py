"""Faults that are planted in the workspace and in the figures, each seen by a test of theirs."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.paginator import Paginator
from pytest_django.fixtures import Settings

from config.roles import doorkeeper
from consent.requests.admin.case import action_page
from consent.requests.admin.case import content as look_page
from consent.requests.admin.requests import RequestAdmin
from consent.requests.figures import counting, rules
from consent.requests.handling import looking, noting
from consent.requests.moving import lock_request
from tests.integration import test_request_figures as figures
from tests.integration import test_requests_access as access
from tests.integration import test_requests_case as case
from tests.integration import test_requests_queue as queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def _no_doorkeeper(settings: Settings) -> None:
    """Leave pages to their own checks, which stand behind the doorkeeper's."""
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if one != f"{doorkeeper.__name__}.Middleware"]


def sees(test: Callable[..., None], *arguments: Any) -> None:
    """Pass if the test fails."""
    with pytest.raises(AssertionError):
        test(*arguments)


def test_an_officer_who_overwrites_another_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    lock = lock_request
    monkeypatch.setattr(noting, "lock_request", lambda request_id, version: lock(request_id))  # noqa: ARG005

    def answer(page: Any) -> Any:
        page.case.version = int(page.request.POST.get("version", page.case.version))
        return unchanged(page)

    unchanged = action_page._Page.answer
    monkeypatch.setattr(action_page._Page, "answer", answer)

    sees(case.test_two_officers_at_once_the_second_is_told_what_happened_and_keeps_what_was_typed)


def test_a_step_without_a_confirmation_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(action_page, "_CONFIRMED", "version")

    sees(case.test_nothing_is_done_before_the_officer_has_read_what_will_happen)


def test_a_look_that_nobody_is_told_of_is_seen(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(looking, "tell_look", lambda *_, **__: None)

    sees(case.test_whoever_may_read_content_sees_it_on_demand_and_each_look_is_on_record, caplog)


@pytest.mark.usefixtures("_no_doorkeeper")
def test_an_action_that_is_open_to_everybody_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(action_page, "insist", lambda request, *_: request.user.pk)

    sees(
        access.test_an_action_is_open_to_whoever_has_what_it_needs_and_to_nobody_else,
        frozenset({access.VIEW}),
    )


@pytest.mark.usefixtures("_no_doorkeeper")
def test_content_that_is_open_to_everybody_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_page, "insist", lambda request, *_: request.user.pk)

    sees(
        access.test_an_address_is_open_to_whoever_has_what_it_needs_and_to_nobody_else,
        frozenset({access.VIEW}),
    )


def test_a_queue_that_asks_for_each_row_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RequestAdmin, "list_select_related", ())

    sees(queue.test_a_page_of_many_costs_as_many_queries_as_a_page_of_one, "")


def test_a_queue_that_is_counted_whole_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RequestAdmin, "paginator", Paginator)

    sees(queue.test_a_long_queue_is_counted_up_to_a_bound_and_says_so, monkeypatch)


def test_a_median_of_the_lower_middle_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    at = rules._at
    monkeypatch.setattr(rules, "_at", lambda days, place: at(days, (days.total() - 1) // 2))  # noqa: ARG005

    sees(figures.test_the_median_of_an_even_number_is_between_the_two_in_the_middle, [1, 4], 2.5, 2.5)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (" AT TIME ZONE zone)::date", " AT TIME ZONE 'UTC')::date"),
        ("extended_at IS NOT NULL", "false"),
        ("joined_to_id IS NULL", "true"),
        ("closed_at >= due_at", "closed_at > due_at - interval '1 day'"),
        ("LEAST(", "GREATEST("),
    ],
)
def test_figures_counted_wrong_are_seen(monkeypatch: pytest.MonkeyPatch, before: str, after: str) -> None:
    make = counting._statement
    monkeypatch.setattr(counting, "_statement", lambda *given: make(*given).replace(before, after))

    sees(figures.test_figures_of_any_histories_are_those_of_one_look_at_each_request, 0)
