"""Running a plan: requests are planned and carried out, the plan strikes, and what is left is audited."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.db import Error, connections, transaction

from consent.requests.fanning.ending import complete_step
from consent.requests.fanning.planning import plan_steps
from consent.requests.models import RequestEvent, Step
from consent.requests.moving import lock_request
from consent.requests.types import EventKind, Outcome, RequestType, StepAction, StepState
from tests.chaos.cluster import Cluster, django_connected
from tests.chaos.pipeline.broker import Broker, running_broker
from tests.chaos.pipeline.crew import CHILDREN, WORKERS, Crew, environment_of, start_beat, start_worker
from tests.chaos.pipeline.plans import Plan
from tests.chaos.schedules import TEMPLATE
from tests.chaos.steps.service import ROWS, TroubledService
from tests.fakes.service import running
from tests.steps_world import make_request, make_system, read_rows

REQUESTS = 60
"""Half of them correct, half collect; at two systems each."""
SYSTEMS = ("crm", "shop")
PORTION = 6
POLL = 0.1
_DONE = Outcome(state=StepState.DONE)


@dataclass(slots=True)
class Schedule:
    """One plan on one database. `mutant` names a bug that its workers have."""

    cluster: Cluster
    plan: Plan
    folder: Path
    mutant: str = ""
    patience: float = 90.0
    """Seconds without any progress, after which no more is expected."""
    happened: Counter[str] = field(default_factory=Counter)

    def find_faults(self) -> list[str]:
        """Run the plan, and return what is wrong afterwards: nothing, if steps keep their promises."""
        name = f"chaos_steps_{self.plan.seed}"
        self.cluster.copy(template=TEMPLATE, name=name)
        try:
            with ExitStack() as stack:
                broker = stack.enter_context(running_broker())
                stack.enter_context(django_connected(self.cluster.parameters(name)))
                services = [
                    stack.enter_context(running(lambda: TroubledService(seed=self.plan.seed)))
                    for _ in SYSTEMS
                ]
                for slug, service in zip(SYSTEMS, services, strict=True):
                    make_system(slug, settings=service.settings())
                crew = stack.enter_context(self._working(broker, name))
                self._plan_and_strike(crew)
                self._wait_for_the_end(crew)
                crew.stop()
                return [*find_faults(services), *(f"lost: {one}" for one in self._list_stuck())]
        finally:
            self.cluster.drop(name)

    @contextmanager
    def _working(self, broker: Broker, database: str) -> Iterator[Crew]:
        application = "tests.chaos.steps.worker"
        environment = environment_of(self.cluster, database, broker, CHAOS_MUTANT=self.mutant)
        workers = [
            start_worker(f"worker-{number}", application, environment, self.folder, f"-c{CHILDREN}")
            for number in range(WORKERS)
        ]
        beats = [start_beat(application, environment, self.folder)]
        crew = Crew(self.cluster, database, broker, workers, beats, "default", self.happened)
        try:
            for worker in workers:
                worker.wait_until_ready()
            yield crew
        finally:
            crew.stop()

    def _plan_and_strike(self, crew: Crew) -> None:
        blows = list(self.plan.blows)
        for count in range(1, REQUESTS + 1):
            _insist(lambda number=count: _receive(number))
            due = [one for one in blows if one[0] <= count]
            missed = [one for one in due if not self._strike(crew, one)]
            blows = missed + blows[len(due) :]  # who is not there now, is hit later
            crew.replace_ended()

    def _strike(self, crew: Crew, blow: tuple[int, object, int]) -> bool:
        """Strike those who work: not before something was done since the last time."""
        before, deadline = _count_left(), time.monotonic() + 10
        while (left := _count_left()) is not None and left == before and time.monotonic() < deadline:
            crew.replace_ended()
            _answer_for_recipients()
            time.sleep(POLL)
        return crew.strike(blow[1], blow[2])  # type: ignore[arg-type]

    def _wait_for_the_end(self, crew: Crew) -> None:
        seen, moved_at = -1, time.monotonic()
        while time.monotonic() < moved_at + self.patience:
            crew.replace_ended()
            _answer_for_recipients()
            left = _count_left()
            if left == 0:
                return
            if left is not None and left != seen:
                seen, moved_at = left, time.monotonic()
            time.sleep(POLL)

    def _list_stuck(self) -> list[str]:
        """Return the steps that neither ended nor show that they are stuck."""
        silent = Step.objects.filter(state__in=(StepState.READY, StepState.BLOCKED, StepState.WAITING))
        return [f"{one} is {one.state}: {one.last_error}" for one in silent.order_by("pk")]


def find_faults(services: list[TroubledService]) -> list[str]:
    """Return what is wrong: a step that ended twice or reports what was not done, rows doubled or missing."""
    ended = RequestEvent.objects.filter(kind=EventKind.STEP_ENDED).values_list("detail", flat=True)
    times = Counter(detail["step"] for detail in ended)
    faults = [f"step {pk} ended {count} times" for pk, count in times.items() if count != 1]
    for service in services:
        faults += [f"{email}: {count} effects" for email, count in service.effects.items() if count != 1]
        faults += [f"key {key} came with other content" for key in service.changed]
        faults += [f"complaint {json.dumps(one)}" for one in service.complaints]
    for step in Step.objects.filter(action=StepAction.COLLECT, state=StepState.DONE).order_by("pk"):
        numbers = [row["n"] for _, row in read_rows(step)]
        if numbers != list(range(ROWS)):
            faults.append(f"step {step.pk} holds {len(numbers)} rows")
    return faults


def _receive(number: int) -> None:
    asked = RequestType.RECTIFICATION if number % 2 else RequestType.ACCESS
    with transaction.atomic():
        request = make_request(asked, emails=[f"p{number}@example.com"], corrections={"name": "Alicia"})
        plan_steps(lock_request(request.pk))


def _answer_for_recipients() -> None:
    """Answer what the floor above would: that recipients were told."""
    try:
        waiting = Step.objects.filter(action=StepAction.TELL_RECIPIENTS, state=StepState.WAITING)
        for pk in list(waiting.order_by("pk").values_list("pk", flat=True)):
            complete_step(pk, _DONE)
    except Error:
        connections.close_all()


def _count_left() -> int | None:
    """Return how many steps have not ended; None if the server does not answer now."""
    try:
        open_states = (StepState.READY, StepState.BLOCKED, StepState.WAITING)
        return Step.objects.filter(state__in=open_states).count()
    except Error:
        connections.close_all()
        return None


def _insist(act: object) -> None:
    """Do it until it is done: the server may be recovering."""
    deadline = time.monotonic() + 30
    while True:
        try:
            act()  # type: ignore[operator]
        except Error:
            assert time.monotonic() < deadline, "the server does not come back"
            connections.close_all()
            time.sleep(POLL)
        else:
            return
