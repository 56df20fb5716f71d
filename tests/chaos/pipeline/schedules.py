"""Running a plan: suppressions are written and delivered, the plan strikes, and what is left is counted."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from celery import Celery
from django.conf import settings
from kombu.exceptions import OperationalError

from activation.enforcement.membership.models import Holding
from tests.chaos.cluster import Cluster, django_connected
from tests.chaos.pipeline import outbox
from tests.chaos.pipeline.broker import Broker, running_broker
from tests.chaos.pipeline.crew import CHILDREN, WORKERS, Crew, environment_of, start_beat, start_worker
from tests.chaos.pipeline.outbox import KEYED, KEYLESS, Planned
from tests.chaos.pipeline.outcomes import Outcome, measure
from tests.chaos.pipeline.plans import Blow, Plan
from tests.chaos.pipeline.receiver import Receiver
from tests.chaos.schedules import TEMPLATE
from tests.fakes.service import running

PORTION = 12
PAUSE = 0.3
"""Seconds between two portions: some time for the plan to strike in."""
POLL = 0.1
BETWEEN, LULL = 5, 15.0
"""Effects between two blows; seconds after which the next falls though nothing was done."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to take suppressions to destinations."""

    title: str
    application: str
    task: str
    environment: dict[str, str] = field(default_factory=dict)
    is_told_each: bool = False
    """True: the message is the truth, and names a suppression. False: it is a wake-up for a destination."""
    has_beat: bool = False

    @property
    def queue(self) -> str:
        """The queue of its task: ours may have one of its own."""
        routes = settings.CELERY_TASK_ROUTES if self.has_beat else {}
        return str(routes.get(self.task, {}).get("queue", "celery"))


OURS = Way(
    "outbox, lease and fencing (ours)",
    "tests.chaos.pipeline.worker",
    "enforcement.deliver_suppressions",
    has_beat=True,
)
PLAIN = Way("plain Celery", "tests.chaos.pipeline.plain", "plain.deliver", is_told_each=True)
LATE = Way(
    "Celery with acks_late",
    "tests.chaos.pipeline.plain",
    "plain.deliver",
    {"CHAOS_LATE": "1"},
    is_told_each=True,
)


@dataclass(slots=True)
class Schedule:
    """One plan on one database, carried out in one way."""

    cluster: Cluster
    plan: Plan
    folder: Path
    way: Way = OURS
    mutant: str = ""
    patience: float = 60.0
    """Seconds without any progress, after which no more is expected."""
    happened: Counter[str] = field(default_factory=Counter)

    def run(self) -> dict[str, Outcome]:
        """Run the plan, and return what became of the suppressions by destination."""
        name = f"chaos_pipeline_{self.plan.seed}"
        self.cluster.copy(template=TEMPLATE, name=name)
        try:
            with ExitStack() as stack:
                broker = stack.enter_context(running_broker())
                stack.enter_context(django_connected(self.cluster.parameters(name)))
                receivers = {
                    KEYED: stack.enter_context(running(lambda: Receiver(seed=self.plan.seed))),
                    KEYLESS: stack.enter_context(
                        running(lambda: Receiver(honours_keys=False, seed=self.plan.seed + 1))
                    ),
                }
                holdings = {slug: outbox.connect(slug, one) for slug, one in receivers.items()}
                crew = stack.enter_context(self._working(broker, name))
                return self._run(crew, holdings, receivers)
        finally:
            self.cluster.drop(name)

    @contextmanager
    def _working(self, broker: Broker, database: str) -> Iterator[Crew]:
        environment = environment_of(
            self.cluster, database, broker, **self.way.environment, CHAOS_MUTANT=self.mutant
        )
        workers = [
            start_worker(
                f"worker-{number}",
                self.way.application,
                environment,
                self.folder,
                f"-c{CHILDREN}",
            )
            for number in range(WORKERS)
        ]
        beats = [start_beat(self.way.application, environment, self.folder)] if self.way.has_beat else []
        crew = Crew(self.cluster, database, broker, workers, beats, self.way.queue, self.happened)
        try:
            for worker in workers:
                worker.wait_until_ready()
            yield crew
        finally:
            crew.stop()

    def _run(
        self, crew: Crew, holdings: dict[str, Holding], receivers: dict[str, Receiver]
    ) -> dict[str, Outcome]:
        planned = outbox.plan_suppressions()
        with Celery("pipeline", broker=crew.broker.url, set_as_current=False) as wakening:
            self._write_and_strike(crew, holdings, planned, wakening, receivers)
        self._wait_for_the_end(crew, receivers)
        crew.stop()
        return {
            slug: measure(
                [one for one in planned if one.destination == slug],
                receiver,
                outbox.count_waiting(slug) or 0,
            )
            for slug, receiver in receivers.items()
        }

    def _write_and_strike(
        self,
        crew: Crew,
        holdings: dict[str, Holding],
        planned: list[Planned],
        wakening: Celery,
        receivers: dict[str, Receiver],
    ) -> None:
        blows = list(self.plan.blows)
        for start in range(0, len(planned), PORTION):
            portion = planned[start : start + PORTION]
            outbox.write(holdings, portion)
            self._tell(wakening, portion)
            due = [one for one in blows if one[0] <= start + PORTION]
            missed = [one for one in due if not self._strike(crew, one[1], one[2], receivers)]
            blows = missed + blows[len(due) :]  # who is not there now, is hit later
            crew.replace_ended()
            time.sleep(PAUSE)

    def _strike(self, crew: Crew, blow: Blow, pick: int, receivers: dict[str, Receiver]) -> bool:
        """Strike those who work: not before something was done since the last time, on a slow machine too."""
        before, deadline = _count_effects(receivers), time.monotonic() + LULL
        while _count_effects(receivers) < before + BETWEEN and time.monotonic() < deadline:
            crew.replace_ended()
            time.sleep(POLL)
        return crew.strike(blow, pick)

    def _tell(self, wakening: Celery, portion: list[Planned]) -> None:
        """Send the messages; of ours, one that cannot be sent is not missed."""
        if self.way.is_told_each:
            for one in portion:
                wakening.send_task(self.way.task, args=[one.pk], queue=self.way.queue)
            return
        with suppress(OperationalError):
            for slug in sorted({one.destination for one in portion}):
                wakening.send_task(
                    self.way.task, kwargs={"destination": slug}, queue=self.way.queue, retry=False
                )

    def _wait_for_the_end(self, crew: Crew, receivers: dict[str, Receiver]) -> None:
        """Wait until all is acknowledged, or nothing has moved for long."""
        seen, moved_at = (-1, -1), time.monotonic()
        while time.monotonic() < moved_at + self.patience:
            crew.replace_ended()
            left = [outbox.count_waiting(slug) for slug in receivers]
            if not any(one is None or one for one in left):
                return
            now = (_count_effects(receivers), sum(one or 0 for one in left))
            if now != seen:
                seen, moved_at = now, time.monotonic()
            time.sleep(POLL)


def _count_effects(receivers: dict[str, Receiver]) -> int:
    return sum(len(one.effects) for one in receivers.values())
