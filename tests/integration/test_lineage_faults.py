"""Backends that fail in every way: nothing is lost, nothing doubled by its id, and runs keep their order."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from socket import socket
from threading import Event as Signal
from time import monotonic

import pytest
from django.core.serializers import serialize
from django.db.models import F
from django.db.models.functions import Now
from pytest_django import Settings

from lineage.outbox.backends import MOST_REFUSALS
from lineage.outbox.models import Backend, Delivery, OutboxEvent
from lineage.outbox.queries import count_pending, get_longest_wait, list_transports
from lineage.outbox.services import emit_pending
from lineage.outbox.types import EventState, KafkaSettings
from tests.fakes.marquez import FakeMarquez
from tests.fakes.service import Reply, running
from tests.fakes.sockets import Talk, says, serve_raw
from tests.lineage_outbox_world import (
    HTTP,
    MINUTE,
    drain,
    enqueue_whole_run,
    find_losses,
    let_the_rested_go_on,
    send_to,
    stands,
)

pytestmark = pytest.mark.django_db

KEY = "a-key-that-nobody-may-see"


@pytest.fixture
def marquez(settings: Settings) -> Iterator[FakeMarquez]:
    with running(FakeMarquez) as service:
        send_to(settings, service.url)
        yield service


@pytest.mark.parametrize(
    "fault", [500, 502, 503, 429, 408, 425, 599, 302, 307, 401, 403, 404, 415, "close", "half", "lost"]
)
def test_what_a_backend_does_not_take_now_is_sent_until_it_does(
    marquez: FakeMarquez, fault: int | str
) -> None:
    runs = [enqueue_whole_run() for _ in range(3)]
    marquez.plan(fault, fault)

    report = emit_pending(limit=10)

    assert (report.emitted, report.parked, report.waiting) == (0, 0, 6)
    drain()
    assert find_losses(marquez, runs) == []
    assert [stands(run_id) for run_id in runs] == [[EventState.EMITTED] * 2] * 3


@pytest.mark.parametrize("status", [400, 409, 413, 422, 418])
def test_what_a_backend_refuses_is_parked_and_holds_back_its_run_and_no_other(
    marquez: FakeMarquez, status: int
) -> None:
    refused, taken = enqueue_whole_run(), enqueue_whole_run()
    marquez.plan(status)

    drain()

    assert stands(refused) == [EventState.PARKED, EventState.PENDING]
    assert find_losses(marquez, [taken]) == []
    assert marquez.kinds_of(refused) == []
    assert f"status {status}" in Delivery.objects.in_state(EventState.PARKED).get().last_error


def test_a_backend_that_is_away_is_not_hammered_and_drains_at_once_when_it_is_back(
    marquez: FakeMarquez,
) -> None:
    runs = [enqueue_whole_run() for _ in range(30)]
    marquez.plan(*[500] * 3)

    for _ in range(5):
        emit_pending(limit=1000)
    assert len(marquez.asked) == 1  # five calls, sixty events, one attempt: it rests
    for _ in range(2):
        Backend.objects.update(rests_until=Now())
        emit_pending(limit=1000)
    assert len(marquez.asked) == 3  # one attempt after each rest
    let_the_rested_go_on()
    emit_pending(limit=1000)

    assert count_pending() == 0
    assert find_losses(marquez, runs) == []


def test_a_transport_that_is_down_blocks_no_other(
    marquez: FakeMarquez, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    settings.LINEAGE_FILE = str(file)
    runs = [enqueue_whole_run() for _ in range(3)]
    marquez.plan(*[503] * 2)

    emit_pending(limit=100)

    assert len(file.read_text().splitlines()) == 6
    assert {one.transport: one.pending for one in list_transports()} == {"file": 0, HTTP: 6}
    drain()
    assert find_losses(marquez, runs) == []
    assert len(file.read_text().splitlines()) == 6


def test_a_parked_event_holds_back_its_run_at_its_transport_only(
    marquez: FakeMarquez, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    settings.LINEAGE_FILE = str(file)
    run_id = enqueue_whole_run()
    marquez.plan(422)

    drain()

    assert stands(run_id) == [EventState.PARKED, EventState.PENDING]
    assert stands(run_id, "file") == [EventState.EMITTED] * 2


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [("40", 39, 40), ("1", 4, 5), ("99999999", 899, 900), ("-5", 4, 5), ("soon", 4, 5), ("1e3", 4, 5)],
)
def test_a_backend_that_asks_for_time_gets_it_within_bounds(
    marquez: FakeMarquez, asked: str, least: int, most: int
) -> None:
    enqueue_whole_run()
    marquez.next = [Reply(429, headers={"Retry-After": asked})]

    emit_pending(limit=10)

    rest = Backend.objects.values_list(F("rests_until") - Now(), flat=True).get()
    assert timedelta(seconds=least) <= rest <= timedelta(seconds=most)


def test_a_moment_that_a_backend_asks_to_wait_for_is_read_by_its_own_clock(settings: Settings) -> None:
    head = (
        b"HTTP/1.1 503 x\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n"
        b"Date: Fri, 31 Dec 1999 23:58:59 GMT\r\n\r\n"
    )

    with serve_raw(says(head)) as server:
        send_to(settings, f"http://127.0.0.1:{server.port}")
        enqueue_whole_run()
        emit_pending(limit=10)

    rest = Backend.objects.values_list(F("rests_until") - Now(), flat=True).get()
    assert timedelta(seconds=58) <= rest <= timedelta(seconds=60)


def drips(first: bytes) -> Talk:
    """Return what says `first` and then a byte of a header, or of a body, now and then."""

    def talk(connection: socket) -> None:
        connection.sendall(first)
        while not Signal().wait(0.05):
            connection.sendall(b"x")

    return talk


def keeps_silent(_connection: socket) -> None:
    Signal().wait(2)


def floods(connection: socket) -> None:
    connection.sendall(b"HTTP/1.1 500 x\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65_536)


@pytest.mark.parametrize(
    "talk",
    [
        drips(b""),
        drips(b"HTTP/1.1 200 OK\r\nX-Slow: "),
        drips(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"),
        drips(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        keeps_silent,
    ],
    ids=["status", "head", "body", "chunks", "silence"],
)
def test_a_backend_that_speaks_slowly_is_not_waited_for_longer_than_its_time(
    settings: Settings, talk: Talk
) -> None:
    with serve_raw(talk) as server:
        send_to(settings, f"http://127.0.0.1:{server.port}", seconds=0.4)
        run_id = enqueue_whole_run()
        begins_at = monotonic()
        emit_pending(limit=10)
        took = monotonic() - begins_at

    assert took < 2.0  # the library alone would wait for ever
    assert stands(run_id) == [EventState.PENDING] * 2


@pytest.mark.parametrize(
    "answer",
    [
        b"garbage\r\n\r\n",
        b"\x16\x03\x01\x02\x00" * 10,
        b"HTTP/1.1 000 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 999 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 201x OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"",
    ],
    ids=["text", "tls", "status_000", "status_999", "status_201x", "heads", "long_head", "chunks", "nothing"],
)
def test_garbage_is_no_answer(settings: Settings, answer: bytes) -> None:
    with serve_raw(says(answer)) as server:
        send_to(settings, f"http://127.0.0.1:{server.port}")
        run_id = enqueue_whole_run()
        emit_pending(limit=10)

    assert stands(run_id) == [EventState.PENDING] * 2


def test_of_an_answer_without_end_no_more_is_read_than_its_status_needs(settings: Settings) -> None:
    with serve_raw(floods) as server:
        send_to(settings, f"http://127.0.0.1:{server.port}", seconds=20)
        enqueue_whole_run()
        begins_at = monotonic()
        emit_pending(limit=10)

    assert monotonic() - begins_at < 10
    assert "status 500" in Delivery.objects.order_by("pk")[0].last_error


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirection_is_not_followed_and_its_body_not_read(
    marquez: FakeMarquez, settings: Settings, status: int
) -> None:
    run_id = enqueue_whole_run()

    with running(FakeMarquez) as elsewhere:
        marquez.next = [Reply(status, headers={"Location": f"{elsewhere.url}/api/v1/lineage"})]
        emit_pending(limit=10)
        assert elsewhere.asked == []

    assert stands(run_id) == [EventState.PENDING] * 2
    assert "correct the address" in Backend.objects.get().last_error


def test_an_address_that_nobody_listens_at_is_no_fault_of_the_events(settings: Settings) -> None:
    send_to(settings, "http://127.0.0.1:1")
    run_id = enqueue_whole_run()

    emit_pending(limit=10)

    first = Delivery.objects.order_by("pk")[0]
    assert (first.failures, first.next_attempt_at) == (1, None)
    assert "cannot be reached" in first.last_error
    assert stands(run_id) == [EventState.PENDING] * 2


def test_one_event_that_a_backend_chokes_on_delays_no_other_run(marquez: FakeMarquez) -> None:
    poison, *others = [enqueue_whole_run() for _ in range(4)]
    answer = marquez.answer

    def choke(asked: object) -> Reply:
        return Reply(500) if str(poison).encode() in asked.body else answer(asked)  # type: ignore[attr-defined, arg-type]

    marquez.answer = choke  # type: ignore[method-assign]
    for _ in range(2):
        emit_pending(limit=100)
        Backend.objects.exclude(rests_until=None).update(rests_until=Now())

    assert find_losses(marquez, others) == []
    assert stands(poison) == [EventState.PENDING] * 2


def test_a_backend_that_refuses_everything_is_stopped_before_all_is_parked(marquez: FakeMarquez) -> None:
    runs = [enqueue_whole_run() for _ in range(MOST_REFUSALS + 20)]
    marquez.refused_runs = {str(run_id) for run_id in runs}

    for _ in range(3):
        emit_pending(limit=1000)

    assert Delivery.objects.in_state(EventState.PARKED).count() == MOST_REFUSALS
    assert "settings" in Backend.objects.get().last_error


@pytest.mark.parametrize("became_invalid", [True, False])
def test_an_event_that_is_parked_while_a_backend_is_tried_leaves_the_trial_to_the_next(
    marquez: FakeMarquez, *, became_invalid: bool
) -> None:
    parked, *others = [enqueue_whole_run() for _ in range(3)]
    marquez.plan(503, *([] if became_invalid else [422]))
    emit_pending(limit=100)
    if became_invalid:
        OutboxEvent.objects.of_run(parked).update(payload={})
    Backend.objects.update(rests_until=Now())

    emit_pending(limit=100)

    assert stands(parked) == [EventState.PARKED, EventState.PENDING]
    assert find_losses(marquez, others) == []


def test_the_key_is_sent_and_shown_nowhere(
    marquez: FakeMarquez, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    run_id = enqueue_whole_run()
    marquez.api_key = KEY
    send_to(settings, marquez.url, api_key=KEY)
    marquez.plan(401, 500, "close")

    drain()

    assert find_losses(marquez, [run_id]) == []
    assert KEY not in caplog.text
    assert KEY not in serialize("json", [*Delivery.objects.all(), *Backend.objects.all()])
    assert KEY not in repr(settings.LINEAGE_BACKENDS)


def test_a_wrong_key_stops_the_stream_loudly_and_parks_nothing(
    marquez: FakeMarquez, settings: Settings
) -> None:
    runs = [enqueue_whole_run() for _ in range(3)]
    marquez.api_key = KEY
    send_to(settings, marquez.url, api_key="another")

    emit_pending(limit=100)

    (figures,) = list_transports()
    assert (figures.pending, figures.parked) == (6, 0)
    assert figures.failing_since is not None
    assert "API key" in figures.last_error
    assert get_longest_wait() is None  # no worker is late: the backend is
    send_to(settings, marquez.url, api_key=KEY)
    marquez.complaints.clear()
    drain()
    assert find_losses(marquez, runs) == []


def test_events_arrive_packed_if_that_is_asked_for(marquez: FakeMarquez, settings: Settings) -> None:
    run_id = enqueue_whole_run()
    send_to(settings, marquez.url, is_packed=True)

    drain()

    assert find_losses(marquez, [run_id]) == []
    assert {asked.headers["content-encoding"] for asked in marquez.asked} == {"gzip"}


def test_the_environment_of_the_process_changes_nothing_of_what_is_sent(
    marquez: FakeMarquez, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    run_id = enqueue_whole_run()

    drain()

    assert find_losses(marquez, [run_id]) == []
    assert {asked.headers.get("authorization") for asked in marquez.asked} == {None}


def test_settings_that_make_no_transport_stop_that_transport_only(
    settings: Settings, marquez: FakeMarquez
) -> None:
    settings.LINEAGE_KAFKA = KafkaSettings(
        servers="127.0.0.1:1", topic="t", properties={"no.such.property": "1"}, timeout=MINUTE
    )
    run_id = enqueue_whole_run()

    emit_pending(limit=100)

    assert stands(run_id, "kafka") == [EventState.PENDING] * 2
    assert "settings are not understood" in Backend.objects.get(pk="kafka").last_error
    assert find_losses(marquez, [run_id]) == []
