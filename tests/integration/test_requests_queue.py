"""The queue of data subject requests: what is due first, narrowed and paged at a steady cost."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consent.requests.admin.queue import paging
from consent.requests.models import System
from consent.requests.types import RequestState, RequestType, StepState
from tests.workspace_world import QUEUE, close, make_request, make_step, officer, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_places_kept() -> None:
    cache.clear()


def listed(client: Client, query: str = "") -> list[str]:
    """Return the references on the page, in its order."""
    return re.findall(r"TEST-\d{6}(?=</a>)", text_of(client.get(QUEUE + query)))


def test_what_is_due_first_stands_on_top_and_what_is_closed_is_left_out() -> None:
    now = timezone.now()
    later, sooner, overdue = (
        make_request(due_at=now + timedelta(days=days)).reference for days in (20, 3, -2)
    )
    closed = close(make_request())

    client = officer("view_request")

    assert listed(client) == [overdue, sooner, later]
    assert listed(client, "?state=closed") == [closed.reference]
    assert set(listed(client, "?state=all")) == {later, sooner, overdue, closed.reference}


def test_the_due_date_is_told_in_words() -> None:
    now = timezone.now()
    make_request(due_at=now + timedelta(days=3), zone="UTC")
    make_request(due_at=now - timedelta(days=2), zone="UTC")
    make_request(due_at=now + timedelta(days=9), paused_at=now)

    page = text_of(officer("view_request").get(QUEUE))

    assert "in 3 days" in page
    assert "2 days overdue" in page
    assert "paused" in page


def test_a_row_says_what_somebody_has_to_look_at() -> None:
    proposer = User.objects.create(username="petra")
    failed, undecided, proposed = (
        make_request(),
        make_request(jurisdiction=""),
        make_request(type="erasure", proposed_by=proposer, proposed_at=timezone.now()),
    )
    make_step(failed, state=StepState.FAILED.value)
    make_step(failed, system="mail", state=StepState.FAILED.value)
    make_step(undecided, system="old")
    System.objects.filter(slug="old").update(is_enabled=False)

    page = text_of(officer("view_request").get(QUEUE))

    for words in (
        "2 steps failed",
        "1 step does not come on",
        "waits for approval",
        "jurisdiction to be decided",
    ):
        assert page.count(f'requests-mark">{words}') == 1
    assert undecided.reference in page
    assert proposed.reference in page


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("?type=erasure", {"erasure", "proposed"}),
        ("?jurisdiction=undecided", {"undecided"}),
        ("?jurisdiction=US-CA", {"erasure"}),
        ("?due=over", {"failed"}),
        ("?due=7", {"erasure"}),
        ("?due=paused", {"paused"}),
        ("?assigned=me", {"mine"}),
        ("?assigned=nobody", {"erasure", "undecided", "failed", "paused", "proposed"}),
        ("?needs=approval", {"proposed"}),
        ("?needs=steps", {"failed", "paused"}),
        ("?needs=review", {"mine"}),
        ("?channel=drp", {"paused"}),
        ("?state=in_review", {"mine"}),
    ],
)
def test_the_queue_is_narrowed(query: str, wanted: set[str]) -> None:
    now = timezone.now()
    client = officer("view_request", "approve_erasures")
    me, other = User.objects.get(username="olga"), User.objects.create(username="petra")
    made = {
        "erasure": make_request(type="erasure", jurisdiction="US-CA", due_at=now + timedelta(days=5)),
        "undecided": make_request(jurisdiction=""),
        "failed": make_request(due_at=now - timedelta(days=1)),
        "paused": make_request(paused_at=now, channel="drp"),
        "mine": make_request(assigned_to=me, state="in_review"),
        "proposed": make_request(type="erasure", proposed_by=other, proposed_at=now),
    }
    own = {"proposed_by": me, "proposed_at": now, "assigned_to": other}
    make_request(type="objection", **own)
    make_step(made["failed"], state=StepState.FAILED.value)
    make_step(made["paused"], state=StepState.WAITING.value, waits_until=now - timedelta(hours=1))
    make_step(made["mine"], state=StepState.WAITING.value, waits_until=now + timedelta(hours=1))

    found = set(listed(client, query))

    assert found == {made[name].reference for name in wanted}


@pytest.mark.parametrize(
    "query",
    ["?state=%00", "?type=x", "?jurisdiction=%00", "?due=x", "?assigned=1", "?p=x", "?needs=%27", "?o=1.2.3"],
)
def test_what_is_no_choice_is_answered_calmly(query: str) -> None:
    make_request()

    assert officer("view_request").get(QUEUE + query).status_code in {200, 302}


def count_queries(client: Client, query: str = "") -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(QUEUE + query).status_code == 200
    return len(seen)


@pytest.mark.parametrize("query", ["", "?state=all", "?needs=steps", "?due=30&type=access"])
def test_a_page_of_many_costs_as_many_queries_as_a_page_of_one(query: str) -> None:
    client = officer("view_request")
    me = User.objects.get(username="olga")
    make_step(make_request(assigned_to=me), state=StepState.FAILED.value)
    count_queries(client, query)
    one = count_queries(client, query)
    for _ in range(60):
        make_step(make_request(assigned_to=me), state=StepState.FAILED.value)

    many = count_queries(client, query)

    assert many == one


def test_a_long_queue_is_counted_up_to_a_bound_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MOST", 60)
    for _ in range(61):
        make_request()
    client = officer("view_request")

    with CaptureQueriesContext(connection) as seen:
        page = text_of(client.get(QUEUE))

    assert "the first 60 of more requests" in page
    assert [one["sql"] for one in seen if "COUNT(*)" in one["sql"] and "LIMIT 61" not in one["sql"]] == []
    assert len(listed(client, "?p=2")) == 10


def test_every_state_and_type_has_words() -> None:
    for state in RequestState:
        for type_ in RequestType:
            changes: dict[str, Any] = {"type": type_.value, "state": RequestState.RECEIVED.value}
            made = make_request(**changes)
            if state is RequestState.FULFILLED:
                close(made)

    page = text_of(officer("view_request").get(f"{QUEUE}?state=all"))

    assert "opt-out of sale and sharing" in page
