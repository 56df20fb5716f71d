"""Events sent again, forgotten, and counted: what officers and monitors do with the outbox."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now
from pytest_django import Settings

from config.figures import LineageFigures
from lineage.events.builders import start
from lineage.outbox.models import Backend, Delivery, OutboxEvent, Unread
from lineage.outbox.queries import list_unfinished
from lineage.outbox.services import emit_pending, enqueue, send_again, take
from lineage.outbox.tasks import forget_emitted
from lineage.outbox.transports.verdicts import EmissionRefused
from lineage.outbox.types import EventState
from tests.fakes.marquez import FakeMarquez
from tests.fakes.service import running
from tests.lineage_outbox_world import HTTP, drain, enqueue_whole_run, find_losses, send_to, stands
from tests.lineage_recorder import Recorder
from tests.lineage_runs import NOON, make_run

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def marquez() -> Iterator[FakeMarquez]:
    with running(FakeMarquez) as service:
        yield service


def replay(**options: str) -> str:
    out = StringIO()
    arguments = [f"--{name}={value}" for name, value in {"transport": HTTP, **options}.items()]
    call_command("replay_lineage", *arguments, stdout=out)
    return out.getvalue()


def age(run_id: UUID, days: int) -> None:
    OutboxEvent.objects.of_run(run_id).update(created_at=Now() - days * DAY)


def test_a_backend_that_is_added_later_is_told_all_that_was_before(
    marquez: FakeMarquez, settings: Settings
) -> None:
    runs = [enqueue_whole_run() for _ in range(3)]
    drain()
    send_to(settings, marquez.url)

    told = replay()

    assert "6 of 6 events wait for http" in told
    drain()
    assert find_losses(marquez, runs) == []


def test_a_backend_that_lost_its_data_is_told_again_with_the_same_ids(
    marquez: FakeMarquez, settings: Settings
) -> None:
    send_to(settings, marquez.url)
    runs = [enqueue_whole_run() for _ in range(2)]
    drain()
    before = dict(marquez.events)
    marquez.forget()

    replay()
    drain()

    assert marquez.events == before
    assert find_losses(marquez, runs) == []
    assert len(marquez.asked) == 4


def test_a_replay_since_a_moment_takes_whole_runs_that_told_something_since(
    marquez: FakeMarquez, settings: Settings
) -> None:
    old, half, new = (enqueue_whole_run() for _ in range(3))
    drain()
    age(old, 10)
    OutboxEvent.objects.of_run(half).filter(sequence=1).update(created_at=Now() - 10 * DAY)
    send_to(settings, marquez.url)

    replay(since=_days_ago(5))
    drain()

    assert find_losses(marquez, [half, new]) == []
    assert marquez.kinds_of(old) == []


def _days_ago(days: int) -> str:
    moment = OutboxEvent.objects.annotate(then=Now() - days * DAY).values_list("then", flat=True)[0]
    return str(moment.isoformat())


def test_a_replay_frees_what_was_parked(marquez: FakeMarquez, settings: Settings) -> None:
    send_to(settings, marquez.url)
    run_id = enqueue_whole_run()
    marquez.plan(422)
    drain()
    assert stands(run_id) == [EventState.PARKED, EventState.PENDING]

    replay()
    drain()

    assert find_losses(marquez, [run_id]) == []


@pytest.mark.parametrize("transport", ["unheard_of", HTTP])
def test_a_transport_that_is_not_configured_cannot_be_replayed_to(transport: str) -> None:
    enqueue_whole_run()

    with pytest.raises(CommandError, match="name no transport"):
        call_command("replay_lineage", f"--transport={transport}")

    assert not Delivery.objects.at(transport).exists()


@pytest.mark.parametrize("since", ["yesterday", "2026-03-01", "2026-03-01T00:00", "2026-13-01T00:00Z"])
def test_a_moment_that_is_none_is_refused(since: str) -> None:
    with pytest.raises(CommandError, match="offset"):
        call_command("replay_lineage", "--transport=console", f"--since={since}")


def test_what_is_being_sent_just_now_is_not_disturbed_by_sending_again() -> None:
    enqueue_whole_run()
    Delivery.objects.update(leased_until=Now() + DAY)

    assert send_again(ids=list(Delivery.objects.order_by("pk").values_list("pk", flat=True))) == []


def test_a_run_that_went_everywhere_is_forgotten_after_its_time_and_no_other(settings: Settings) -> None:
    settings.LINEAGE_KEPT = 100 * DAY
    gone, young, pending, parked, unread = (enqueue_whole_run() for _ in range(5))
    unended = make_run()
    enqueue(event=start(unended, at=NOON))
    take(reader="graph", limit=100)
    emit_pending(limit=100)
    for run_id in (gone, pending, parked, unread, unended.run_id):
        age(run_id, 101)
    last = {run_id: Delivery.objects.get(run_id=run_id, sequence=2) for run_id in (pending, parked, unread)}
    Delivery.objects.filter(pk=last[pending].pk).update(emitted_at=None)
    Delivery.objects.filter(pk=last[parked].pk).update(emitted_at=None, parked_at=Now())
    Unread.objects.create(event=last[unread].event, reader="graph", run_id=unread, sequence=2)

    assert forget_emitted() == 1

    left = set(OutboxEvent.objects.order_by("pk").values_list("run_id", flat=True))
    assert left == {young, pending, parked, unread, unended.run_id}
    assert forget_emitted() == 0


def test_events_are_kept_for_ever_if_the_settings_say_so(settings: Settings) -> None:
    settings.LINEAGE_KEPT = None
    age(enqueue_whole_run(), 10_000)
    take(reader="graph", limit=100)
    emit_pending(limit=100)

    assert forget_emitted() == 0


def test_runs_without_an_ending_are_found_once_they_are_old() -> None:
    dead, young = make_run(), make_run()
    for run in (dead, young):
        enqueue(event=start(run, at=NOON))
    age(enqueue_whole_run(), 2)
    age(dead.run_id, 2)

    assert [entry.run_id for entry in list_unfinished(older_than=DAY)] == [dead.run_id]
    assert list_unfinished(older_than=3 * DAY) == []


def test_monitoring_is_told_what_waits_is_parked_and_fails_at_each_transport() -> None:
    for _ in range(3):
        enqueue_whole_run()
    Delivery.objects.update(waiting_since=Now() - DAY)

    def refuse(_: object) -> None:
        raise EmissionRefused("refused with status 422")

    emit_pending(limit=1, transports={"console": Recorder(refuse)})
    Backend.objects.update(failing_since=Now())

    found = {
        (sample.name, sample.labels["transport"]): sample.value
        for family in LineageFigures().collect()
        for sample in family.samples
    }
    wait = found.pop(("accordant_lineage_oldest_wait_seconds", "console"))
    assert found == {
        ("accordant_lineage_pending", "console"): 5,
        ("accordant_lineage_parked", "console"): 1,
        ("accordant_lineage_failing", "console"): 1,
    }
    assert DAY.total_seconds() <= wait < DAY.total_seconds() + 600
