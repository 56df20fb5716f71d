"""What an officer sees of the outbox: everything, and nothing to change."""

from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from lineage.events.builders import start
from lineage.outbox.models import OutboxEvent
from lineage.outbox.services import emit_pending, enqueue
from tests.lineage_recorder import Recorder
from tests.lineage_runs import NOON, make_run

LIST = "admin:lineage_outbox_outboxevent_changelist"
DETAIL = "admin:lineage_outbox_outboxevent_change"

pytestmark = pytest.mark.django_db


def make_officer(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("officer"))
    return client


def enqueue_start(table: str = "/audiences/lapsed.parquet") -> UUID:
    run = make_run()
    event = start(run, at=NOON)
    event["inputs"][0]["name"] = table
    enqueue(event=event)
    return run.run_id


def runs_on(page: bytes, *run_ids: UUID) -> set[UUID]:
    return {run_id for run_id in run_ids if str(run_id) in page.decode()}


def test_events_are_found_by_the_exact_id_of_their_run(client: Client) -> None:
    wanted, other = enqueue_start(), enqueue_start()

    page = make_officer(client).get(reverse(LIST), {"q": str(wanted)})

    assert runs_on(page.content, wanted, other) - {other} == {wanted}
    assert page.context["cl"].result_count == 1


@pytest.mark.parametrize("text", ["no id", "' OR 1=1 --", "0b1c2d3e"])
def test_a_search_for_anything_else_finds_nothing(client: Client, text: str) -> None:
    enqueue_start()

    page = make_officer(client).get(reverse(LIST), {"q": text})

    assert page.status_code == 200
    assert page.context["cl"].result_count == 0


@pytest.mark.parametrize(("state", "count"), [("pending", 1), ("emitted", 2), ("parked", 0), ("", 3)])
def test_events_are_filtered_by_state(client: Client, state: str, count: int) -> None:
    for _ in range(3):
        enqueue_start()
    emit_pending(limit=2, transport=Recorder())

    page = make_officer(client).get(reverse(LIST), {"state": state} if state else {})

    assert page.context["cl"].result_count == count


def test_the_payload_is_shown_escaped(client: Client) -> None:
    enqueue_start(table="<script>alert(1)</script>")

    page = make_officer(client).get(reverse(DETAIL, args=[OutboxEvent.objects.get().pk]))

    assert page.status_code == 200
    assert b"&lt;script&gt;alert(1)&lt;/script&gt;" in page.content
    assert b"<script>alert(1)</script>" not in page.content


def test_an_officer_can_neither_add_nor_change_nor_delete(client: Client) -> None:
    enqueue_start()
    event = OutboxEvent.objects.get()
    officer = make_officer(client)
    name = "admin:lineage_outbox_outboxevent"

    answers = [
        officer.post(reverse(f"{name}_add"), {}),
        officer.post(reverse(f"{name}_change", args=[event.pk]), {"attempts": 9}),
        officer.post(reverse(f"{name}_delete", args=[event.pk]), {"post": "yes"}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 3
    assert OutboxEvent.objects.get().attempts == 0


def test_a_list_of_many_events_costs_as_many_queries_as_one_of_few(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(60):
        enqueue_start()
    officer = make_officer(client)

    with django_assert_max_num_queries(8):
        page = officer.get(reverse(LIST))

    assert len(page.context["cl"].result_list) == 50
