"""Running a stream from its terms: the parts put together, its row kept beside."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from activation.decisions.types import Question
from activation.enforcement.streaming.asking import ask_ledger
from activation.enforcement.streaming.brokers import BrokerSettings
from activation.enforcement.streaming.deciding import Ask, Decider
from activation.enforcement.streaming.events import PersonReader
from activation.enforcement.streaming.figures import Figures
from activation.enforcement.streaming.holding import HeldByNobody, Keeper, ToldPeople
from activation.enforcement.streaming.loop import Parts, StreamLoop
from activation.enforcement.streaming.readiness import Clocks, Readiness
from activation.enforcement.streaming.recording import Recorder, start_row
from activation.enforcement.streaming.settling import Settler
from activation.enforcement.streaming.types import Pace, StreamRefused, StreamStatus, StreamTerms
from activation.enforcement.streaming.windows import Windows
from activation.snapshots.local import LocalStore
from activation.snapshots.queries import open_snapshot
from consent.kernel.errors import AccordantError


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a stream finds on its machine."""

    brokers: BrokerSettings
    store: LocalStore
    clocks: Clocks
    bound: int
    """How many nanoseconds the store may lack what happened."""
    should_stop: Callable[[], bool]
    wait: Callable[[float], object]
    """Waits so many seconds, or until the stream is to stop."""
    keeper: Keeper = field(default_factory=HeldByNobody)
    told: ToldPeople = field(default_factory=ToldPeople)
    ask: Ask = ask_ledger


def run_stream(
    terms: StreamTerms, surroundings: Surroundings, figures: Figures, pace: Pace | None = None
) -> None:
    """Run the stream until it is told to stop; its row says how it stands.

    :raises StreamRefused: if the operator must change something.
    :raises BrokersAway: if the brokers do not answer at the start.
    :raises StreamFenced: if another process took over this instance's place.
    """
    loop = assemble(terms, surroundings, figures, pace)
    row_id = start_row(terms)
    windows = Windows(terms, brokers=surroundings.brokers.brokers, process=row_id)
    with Recorder(row_id, figures, windows), _collecting_seldom():
        try:
            loop.run()
        except AccordantError as error:
            figures.status, figures.error, figures.waiting_for = StreamStatus.FAILED, str(error), ""
            raise
        except BaseException as error:
            figures.status, figures.waiting_for = StreamStatus.FAILED, ""
            figures.error = f"a fault of ours ({type(error).__name__}): see the log, and report it"
            raise
        figures.status, figures.waiting_for = StreamStatus.STOPPED, ""


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Look for cycles seldom: events make none, and all that is remembered is looked through each time."""
    kept = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*kept)


def assemble(
    terms: StreamTerms, surroundings: Surroundings, figures: Figures, pace: Pace | None = None
) -> StreamLoop:
    """Return the loop of a stream, with nothing begun."""
    question = Question(purpose=terms.purpose, destination=terms.destination, controller=terms.controller)
    people, clocks, pace = PersonReader(terms.identifiers), surroundings.clocks, pace or Pace()
    readiness = Readiness(surroundings.store, question=question, bound=surroundings.bound, clocks=clocks)
    decider = Decider(
        question=question, people=people, resolver=surroundings.store.resolver, ask=surroundings.ask
    )
    settler = Settler(
        keeper=surroundings.keeper,
        told=surroundings.told,
        readiness=readiness,
        decider=decider,
        monotonic=clocks.monotonic,
        patience=pace.step_seconds,
    )
    return StreamLoop(
        Parts(
            terms=terms,
            pace=pace,
            described=surroundings.brokers.describe(),
            readiness=readiness,
            decider=decider,
            people=people,
            settler=settler,
            figures=figures,
            should_stop=surroundings.should_stop,
            wait=surroundings.wait,
        )
    )


def check_question(terms: StreamTerms, *, at: datetime) -> None:
    """Return if the question is one that the policy in force knows; without a policy, the stream will wait.

    :raises StreamRefused: if it is none: every event would be denied.
    """
    with open_snapshot(at=at) as snapshot:
        policy, register = snapshot.policy, snapshot.register
    if not policy.version:
        return
    for what, name, known in (
        ("purpose", terms.purpose, policy.purposes),
        ("destination", terms.destination, register),
        ("controller", terms.controller, policy.establishments),
    ):
        if name not in known:
            raise StreamRefused(
                f"there is no {what} of this name, and every event would be denied; there are:"
                f" {', '.join(sorted(known)) or 'none'}"
            )
