"""Requests with steps, and a system that honours keys and counts what it was asked."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any
from uuid import UUID, uuid4

from django.db.models.functions import Now
from django.utils.crypto import get_random_string

from consent.requests import persons, vault
from consent.requests.connectors.interface import Row, Sink
from consent.requests.fanning import working
from consent.requests.fanning.carrying import Hand
from consent.requests.fanning.planning import plan_steps
from consent.requests.models import Request, Step, System
from consent.requests.moving import move
from consent.requests.types import (
    Actor,
    DatasetReport,
    EventKind,
    Outcome,
    Person,
    RequestState,
    RequestType,
    StepAction,
    StepState,
    SystemKind,
)
from consent.subjects.types import Identifier, IdentifierKind

RECEIVED_AT = datetime(2026, 3, 5, 9, tzinfo=UTC)
EMAIL = "alice@example.com"
FOREVER = float("inf")


def make_system(slug: str = "shop", *, kind: SystemKind = SystemKind.HTTP, **row: Any) -> System:
    """Declare a system whose connector the tests open themselves."""
    return System.objects.create(slug=slug, title=slug.title(), kind=kind.value, **row)


def make_request(
    type: RequestType = RequestType.ERASURE,  # noqa: A002 - as the field is called
    *,
    emails: Iterable[str] = (EMAIL,),
    corrections: Mapping[str, str] | None = None,
    **row: Any,
) -> Request:
    """Return a request in progress, with its person sealed."""
    request = Request(
        id=uuid4(),
        reference=get_random_string(12),
        type=type.value,
        state=RequestState.IN_PROGRESS.value,
        controller="shop",
        channel="api",
        received_at=RECEIVED_AT,
        due_at=RECEIVED_AT + timedelta(days=30),
        **row,
    )
    key = vault.give_key(request)
    request.save(force_insert=True)
    persons.keep_person(request, key, [Identifier(IdentifierKind.EMAIL, email) for email in emails])
    if corrections:
        vault.write_json(request, key, vault.DETAILS, {"corrections": dict(corrections)})
    return request


def plan(request: Request) -> list[Step]:
    """Have the request's steps planned, and return them phase by phase."""
    plan_steps(request)
    return list_steps(request)


def send_to_review(request: Request) -> None:
    """Have an officer look at an erasure in place of its certificate, which asks for more than steps."""
    move(request, RequestState.IN_REVIEW, kind=EventKind.IN_REVIEW, actor=Actor.SYSTEM)


def list_steps(request: Request) -> list[Step]:
    """Return the request's steps as they are, phase by phase."""
    return list(Step.objects.filter(request=request).select_related("system").order_by("phase", "pk"))


def states(request: Request) -> dict[str, str]:
    """Return action (and system) -> state."""
    return {
        one.action + (f" {one.system.slug}" if one.system else ""): one.state for one in list_steps(request)
    }


def events(request: Request) -> list[str]:
    """Return what the timeline tells, in order."""
    return list(request.events.order_by("at", "pk").values_list("kind", flat=True))


def rest_is_over() -> None:
    """Let every step that rests after a failure be due."""
    Step.objects.filter(next_attempt_at__isnull=False).update(next_attempt_at=None)


def let_lease_end(step: Step) -> None:
    """Let the step's lease be over, as when its worker died a while ago."""
    Step.objects.filter(pk=step.pk).update(leased_until=Now() - timedelta(seconds=1))


@dataclass
class FakeSystem:
    """Does each action once for each key, whatever it is asked; counts both."""

    asked: list[tuple[str, str]] = field(default_factory=list)
    """(action, key), as often as it was asked."""
    done: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(action, key) -> how often it was really done."""
    people: list[Person] = field(default_factory=list)
    rows: list[tuple[str, Row]] = field(default_factory=list)
    left: int = 0
    """Rows that asking again finds."""
    outcome: Outcome | None = None
    """What it answers, if it is not what it did."""
    before: Callable[[str, str], None] = lambda _action, _key: None
    after: Callable[[str, str], None] = lambda _action, _key: None
    lock: Lock = field(default_factory=Lock)

    def open(self, _system: System, **_: object) -> "FakeSystem":
        """Return itself, as what opens a connector does."""
        return self

    def hand(self, **own: Callable[[Request], Outcome]) -> Hand:
        """Return how a worker reaches it; `own`: action -> what is done here instead."""
        fakes = {action: own.get(action.value, done_here) for action in StepAction}
        return Hand(open=self.open, own=fakes)

    def work(self, system_id: int | None = None, **own: Callable[[Request], Outcome]) -> int:
        """Let a worker carry out what is due now at that system."""
        return working.work(system_id=system_id, until=FOREVER, hand=self.hand(**own))

    def work_all(self, **own: Callable[[Request], Outcome]) -> None:
        """Let workers carry out what is due everywhere, until nothing is."""
        while sum(self.work(pk, **own) for pk in [None, *System.objects.values_list("pk", flat=True)]):
            pass

    def probe(self) -> str:
        """Say that it is there."""
        return "it is there"

    def find(self, person: Person, sink: Sink, *, limit: int) -> Outcome:  # noqa: ARG002
        """Show nothing."""
        return self._do("find", person, "")

    def collect(self, person: Person, sink: Sink, *, key: str) -> Outcome:
        """Hand the rows over."""
        for dataset, row in self.rows:
            sink(dataset, row)
        return self._do("collect", person, key)

    def rectify(self, person: Person, corrections: Mapping[str, str], *, key: str) -> Outcome:
        """Correct."""
        return self._do("rectify " + ",".join(corrections.values()), person, key)

    def restrict(self, person: Person, *, key: str) -> Outcome:
        """Restrict."""
        return self._do("restrict", person, key)

    def erase(self, person: Person, *, key: str) -> Outcome:
        """Erase."""
        return self._do("erase", person, key)

    def verify_gone(self, person: Person, *, key: str) -> Outcome:
        """Say what is left."""
        self._do("verify_gone", person, key)
        state = StepState.PARTLY_DONE if self.left else StepState.DONE
        return Outcome(state=state, datasets=(DatasetReport(dataset="orders", found=self.left),))

    def _do(self, action: str, person: Person, key: str) -> Outcome:
        self.before(action, key)
        with self.lock:
            self.asked.append((action, key))
            self.people.append(person)
            if (action, key) not in self.done:
                self.done[action, key] += 1
        self.after(action, key)
        report = DatasetReport(dataset="orders", found=2, done=2)
        return self.outcome or Outcome(
            state=StepState.DONE, datasets=() if action == "collect" else (report,)
        )


def done_here(_request: Request) -> Outcome:
    """Do nothing, and say that it is done."""
    return Outcome(state=StepState.DONE)


def answer_elsewhere(request: Request) -> None:
    """Let the recipients have been told, and officers have answered."""
    from consent.requests.fanning.ending import complete_step  # noqa: PLC0415 - tests break what it names

    for step in list_steps(request):
        if step.state == StepState.WAITING and step.system_id is None:
            complete_step(step.pk, Outcome(state=StepState.DONE))


def id_of(request: Request, action: StepAction, system: System | None = None) -> UUID:
    """Return the id of one step of the request."""
    return Step.objects.get(request=request, action=action.value, system=system).pk


def read_rows(step: Step) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what the step collected."""
    request = step.request
    for part in vault.read_parts(request, vault.open_key(request), f"step/{step.pk}", parts=step.parts):
        for line in part.splitlines():
            told = json.loads(line)
            yield told["dataset"], told["row"]
