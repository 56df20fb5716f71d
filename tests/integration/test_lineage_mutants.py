"""Emitters that are not safe, each in one way: what the faults' tests look at must show it."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from django.db.models.functions import Now
from openlineage.client.transport.async_http import AsyncHttpConfig, AsyncHttpTransport
from pytest_django import Settings

from lineage.leases.claiming import end
from lineage.leases.rows import READY_AT
from lineage.outbox import emission
from lineage.outbox.models import Delivery, DeliveryQuerySet
from lineage.outbox.services import emit_pending
from lineage.outbox.transports import http
from lineage.outbox.types import EventState
from tests.fakes.marquez import FakeMarquez
from tests.fakes.service import Reply, running
from tests.lineage_outbox_world import (
    HTTP,
    drain,
    enqueue_whole_run,
    find_losses,
    let_the_rested_go_on,
    send_to,
)
from tests.lineage_recorder import Recorder

pytestmark = pytest.mark.django_db


@pytest.fixture
def marquez(settings: Settings) -> Iterator[FakeMarquez]:
    with running(FakeMarquez) as service:
        send_to(settings, service.url)
        yield service


def send_through_faults(marquez: FakeMarquez) -> list[UUID]:
    """Send runs to a backend that is in trouble now and then, and return them."""
    runs = [enqueue_whole_run() for _ in range(4)]
    marquez.plan(500, "close", "lost", 429, 503)
    drain()
    return runs


def test_without_a_mutant_nothing_is_lost(marquez: FakeMarquez) -> None:
    assert find_losses(marquez, send_through_faults(marquez)) == []


def test_an_emitter_that_marks_before_it_sends_loses_events(
    marquez: FakeMarquez, monkeypatch: pytest.MonkeyPatch
) -> None:
    emit = emission._Emitter._emit

    def mark_first(self: Any, delivery: Delivery, turn: Any) -> bool:
        end(delivery, emitted_at=Now())
        return emit(self, delivery, turn)

    monkeypatch.setattr(emission._Emitter, "_emit", mark_first)

    assert find_losses(marquez, send_through_faults(marquez))


def test_an_emitter_that_ignores_the_status_loses_events(
    marquez: FakeMarquez, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "judge", lambda *_: None)

    assert find_losses(marquez, send_through_faults(marquez))


def test_the_clients_transport_in_the_background_loses_events_and_reports_success(
    marquez: FakeMarquez,
) -> None:
    runs = [enqueue_whole_run() for _ in range(4)]
    marquez.plan(*[500] * 8)
    config = AsyncHttpConfig.from_dict({"url": marquez.url, "retry": {"total": 0}})
    mutant = AsyncHttpTransport(config)

    report = emit_pending(limit=100, transports={HTTP: mutant})

    assert mutant.wait_for_completion(timeout=30)
    assert report.emitted == 8  # all of them, it says
    assert find_losses(marquez, runs)
    with suppress(Exception):
        mutant.close(timeout=1)


@pytest.mark.usefixtures("marquez")
def test_an_emitter_without_a_lease_sends_what_another_is_sending(monkeypatch: pytest.MonkeyPatch) -> None:
    assert send_with_two_at_once() == ["START", "COMPLETE"]

    def claim_nothing(rows: Any, *, limit: int, lease: Any) -> list[Delivery]:
        del lease
        return list(rows.due()[:limit])

    monkeypatch.setattr(emission, "claim", claim_nothing)
    monkeypatch.setattr(emission, "end", _end_without_fence)

    assert send_with_two_at_once() != ["START", "COMPLETE"]


def _end_without_fence(row: Delivery, **changes: object) -> bool:
    return bool(Delivery.objects.filter(pk=row.pk).update(leased_until=None, **changes))


def send_with_two_at_once() -> list[str]:
    """Have a second emitter come while the first has an event on its way, and return all that was sent."""
    enqueue_whole_run()
    sent: list[str] = []

    def note(event: Any) -> None:
        sent.append(event["eventType"])

    def note_and_let_another_come(event: Any) -> None:
        note(event)
        emit_pending(limit=10, transports={HTTP: Recorder(note)})

    emit_pending(limit=1, transports={HTTP: Recorder(note_and_let_another_come)})
    emit_pending(limit=10, transports={HTTP: Recorder(note)})
    return sent


def test_an_emitter_that_lets_a_run_go_on_after_a_parked_event_breaks_its_order(
    marquez: FakeMarquez, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_turn(self: DeliveryQuerySet) -> Any:
        return self.in_state(EventState.PENDING).order_by(READY_AT, "pk")

    monkeypatch.setattr(DeliveryQuerySet, "in_turn", in_turn)
    monkeypatch.setattr(type(Delivery.objects), "in_turn", lambda self: in_turn(self.all()))
    enqueue_whole_run()
    marquez.plan(422)

    drain()

    assert "START comes first, and once" in str(marquez.complaints)


def test_an_emitter_that_follows_redirections_tells_others_the_key(
    marquez: FakeMarquez, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client's own session follows; ours must not."""
    assert not _reached_elsewhere(marquez, settings)

    def send(self: Any, request: Any, **options: Any) -> Any:
        return super(http._PlainSession, self).send(request, **{**options, "allow_redirects": True})

    monkeypatch.setattr(http._PlainSession, "send", send)
    monkeypatch.setattr(http._PlainSession, "get_redirect_target", _follow)
    let_the_rested_go_on()

    assert _reached_elsewhere(marquez, settings)


def _follow(_session: Any, response: Any) -> str | None:
    return response.headers.get("Location")  # type: ignore[no-any-return]


def _reached_elsewhere(marquez: FakeMarquez, settings: Settings) -> bool:
    enqueue_whole_run()
    with running(FakeMarquez) as elsewhere:
        marquez.next = [_redirect(elsewhere.url)]
        emit_pending(limit=1)
        return bool(elsewhere.asked)


def _redirect(url: str) -> Reply:
    return Reply(307, headers={"Location": f"{url}/api/v1/lineage"})
