"""What an officer sees of the outbox: everything, and nothing to change but that it is sent again."""

from typing import Any
from uuid import UUID

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from lineage.events.builders import start
from lineage.outbox.models import Backend, Delivery, OutboxEvent
from lineage.outbox.services import emit_pending, enqueue
from lineage.outbox.transports.verdicts import EmissionFailed, EmissionRefused
from lineage.outbox.types import EventState
from tests.lineage_recorder import Recorder
from tests.lineage_runs import NOON, make_run

LOG = "console"
DELIVERIES = "admin:lineage_outbox_delivery_changelist"
DELIVERY = "admin:lineage_outbox_delivery_change"
TRANSPORTS = "admin:lineage_outbox_backend_changelist"
TRANSPORT = "admin:lineage_outbox_backend_change"
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
def test_deliveries_are_filtered_by_state(client: Client, state: str, count: int) -> None:
    for _ in range(3):
        enqueue_start()
    emit_pending(limit=2, transports={LOG: Recorder()})

    page = make_officer(client).get(reverse(DELIVERIES), {"state": state} if state else {})

    assert page.context["cl"].result_count == count


def test_the_payload_is_shown_escaped(client: Client) -> None:
    enqueue_start(table="<script>alert(1)</script>")

    page = make_officer(client).get(reverse(DETAIL, args=[OutboxEvent.objects.get().pk]))

    assert page.status_code == 200
    assert b"&lt;script&gt;alert(1)&lt;/script&gt;" in page.content
    assert b"<script>alert(1)</script>" not in page.content


@pytest.mark.parametrize("kind", ["outboxevent", "delivery", "backend"])
def test_an_officer_can_neither_add_nor_change_nor_delete(client: Client, kind: str) -> None:
    enqueue_start()
    emit_pending(limit=1, transports={LOG: Recorder(refuse)})
    models: dict[str, Any] = {"outboxevent": OutboxEvent, "delivery": Delivery, "backend": Backend}
    row = models[kind].objects.get()
    officer = make_officer(client)
    name = f"admin:lineage_outbox_{kind}"

    answers = [
        officer.post(reverse(f"{name}_add"), {}),
        officer.post(reverse(f"{name}_change", args=[row.pk]), {"sequence": 9, "failures": 9}),
        officer.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 3
    assert (OutboxEvent.objects.get().sequence, Delivery.objects.get().failures) == (1, 0)


def test_parked_deliveries_come_first_and_their_page_says_why_and_what_to_do(client: Client) -> None:
    first, *_ = [enqueue_start() for _ in range(3)]
    emit_pending(limit=1, transports={LOG: Recorder(refuse)})
    officer = make_officer(client)

    rows = officer.get(reverse(DELIVERIES)).context["cl"].result_list
    page = officer.get(reverse(DELIVERY, args=[rows[0].pk])).content.decode()

    assert rows[0].run_id == first
    assert "refused with status 422" in page
    assert "Send again" in page
    assert str(first) in page


def test_a_parked_event_is_sent_again_when_an_officer_says_so(client: Client) -> None:
    run_id = enqueue_start()
    emit_pending(limit=1, transports={LOG: Recorder(refuse)})

    send_again(make_officer(client))
    emit_pending(limit=1, transports={LOG: (recorder := Recorder())})

    assert [event["run"]["runId"] for event in recorder.events] == [str(run_id)]
    assert LogEntry.objects.get().get_change_message() == "Sent again"


@pytest.mark.parametrize("permission", ["view_delivery", "send_again"])
def test_only_who_may_can_have_events_sent_again(client: Client, permission: str) -> None:
    enqueue_start()
    emit_pending(limit=1, transports={LOG: Recorder(refuse)})
    officer = User.objects.create_user("other", is_staff=True)
    rights = Permission.objects.filter(content_type__app_label="lineage_outbox")
    officer.user_permissions.set(rights.filter(codename__in={"view_delivery", permission}))
    client.force_login(officer)

    send_again(client)

    parked = Delivery.objects.in_state(EventState.PARKED).count()
    assert parked == (0 if permission == "send_again" else 1)


def test_an_emitted_event_is_left_as_it_is(client: Client) -> None:
    enqueue_start()
    emit_pending(limit=1, transports={LOG: Recorder()})

    page = send_again(make_officer(client))

    assert Delivery.objects.get().state is EventState.EMITTED
    assert b"1 left as they are" in page


def test_a_transport_that_fails_is_shown_with_what_waits_for_it_and_what_helps(client: Client) -> None:
    enqueue_start()
    enqueue_start()
    emit_pending(limit=10, transports={LOG: Recorder(fail)})
    officer = make_officer(client)

    rows = officer.get(reverse(TRANSPORTS)).content.decode()
    page = officer.get(reverse(TRANSPORT, args=[LOG])).content.decode()

    assert "failing" in rows
    assert "status 403" in rows
    assert "API key" in page


def send_again(client: Client) -> bytes:
    ids = list(Delivery.objects.order_by("pk").values_list("pk", flat=True))
    asked = {"action": "send_again", "_selected_action": ids}
    return bytes(client.post(reverse(DELIVERIES), asked, follow=True).content)


def refuse(_: object) -> None:
    raise EmissionRefused("refused with status 422")


def fail(_: object) -> None:
    raise EmissionFailed("answered with status 403")


@pytest.mark.parametrize("address", [LIST, DELIVERIES])
def test_a_list_of_many_costs_as_many_queries_as_one_of_few(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries, address: str
) -> None:
    for _ in range(60):
        enqueue_start()
    officer = make_officer(client)

    with django_assert_max_num_queries(11):
        page = officer.get(reverse(address))

    assert len(page.context["cl"].result_list) == 50
