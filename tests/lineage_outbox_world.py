"""Runs in the outbox, backends to send them to, and how a test lets time pass."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from pytest_django import Settings

from lineage.events.builders import complete, start
from lineage.outbox.models import Backend, Delivery
from lineage.outbox.queries import count_pending
from lineage.outbox.services import emit_pending, enqueue
from lineage.outbox.types import EventState, HttpSettings
from tests.fakes.marquez import FakeMarquez
from tests.lineage_runs import NOON, make_run

HTTP = "http"
MINUTE = timedelta(minutes=1)
_MOST_ROUNDS = 60


def enqueue_whole_run() -> UUID:
    """Enqueue START and COMPLETE of a run and return the run's id."""
    run = make_run()
    with transaction.atomic():
        enqueue(event=start(run, at=NOON))
        enqueue(event=complete(run, at=NOON + MINUTE))
    return run.run_id


def send_to(settings: Settings, url: str, *, seconds: float = 5.0, **further: object) -> None:
    """Have events go to the backend at `url`, and nowhere else."""
    told = {"endpoint": "api/v1/lineage", "timeout": timedelta(seconds=seconds), **further}
    settings.LINEAGE_BACKENDS = {HTTP: HttpSettings(url=f"{url}/", **told)}  # type: ignore[arg-type]


def let_the_rested_go_on() -> None:
    """Have every wait after a failure be over, every lease, and every rest."""
    Delivery.objects.exclude(next_attempt_at=None).update(next_attempt_at=Now())
    Delivery.objects.exclude(leased_until=None).update(leased_until=Now())
    Backend.objects.exclude(rests_until=None).update(rests_until=Now())


def drain() -> None:
    """Emit, and let time pass, until nothing is left to wait, or hope."""
    for _ in range(_MOST_ROUNDS):
        emit_pending(limit=100)
        if not count_pending():
            return
        let_the_rested_go_on()


def find_losses(marquez: FakeMarquez, runs: Iterable[UUID]) -> list[str]:
    """Return what is missing at the backend, and what it found wrong: nothing, if all is well."""
    lost = [f"{run_id}: {marquez.kinds_of(run_id)}" for run_id in runs if not _is_whole(marquez, run_id)]
    return [*lost, *map(str, marquez.complaints)]


def _is_whole(marquez: FakeMarquez, run_id: UUID) -> bool:
    return marquez.kinds_of(run_id) == ["START", "COMPLETE"]


def stands(run_id: UUID, transport: str = HTTP) -> list[EventState]:
    """Return where each event of the run stands at the transport."""
    return [row.state for row in Delivery.objects.at(transport).filter(run_id=run_id).order_by("sequence")]
