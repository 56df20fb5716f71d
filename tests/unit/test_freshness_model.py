"""No answer is older than the bound or the token: every sequence of six of the six events.

The tailer, the store and the application are the real ones; the ledger and the clocks are a model's.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from activation.checks.answering.application import CheckApplication
from activation.checks.answering.quick_lane import QuickLane
from activation.snapshots.local import LocalStore
from activation.snapshots.store.forms import unpack_poll
from activation.snapshots.store.writing import POLL, Changes
from activation.snapshots.tailing import tailer as tailing
from activation.snapshots.tailing.tailer import Tailer
from tests.freshness_world import BOUND, STEP, FreshnessWorld, Moment

EVENTS = ("write", "poll", "poll fails", "time passes", "restart", "check")
DEPTH = 6
KINDS = ("writes get their place", "the sequencer is dead", "writes come during the poll")


class Walk:
    """Goes through the sequences, and yields each fault with the events that led to it."""

    def __init__(self, world: FreshnessWorld, kind: str) -> None:
        self.world, self.kind = world, kind
        self.sequences = self.answers = 0

    def faults(self, done: tuple[str, ...] = (), before: Moment | None = None) -> Iterator[str]:
        """Yield what is wrong after the events `done`; `before` is the moment before the last of them."""
        if len(done) == DEPTH:
            self.sequences += 1
            return
        here, is_last = self.world.save(), len(done) == DEPTH - 1
        for event in EVENTS:
            if is_last and event != "check":  # nobody would see what it did
                self.sequences += 1
                continue
            is_during = event == "write" and done[-1:] == ("poll",) and self.kind == KINDS[2]
            if is_during and before is not None:
                self.world.restore(before, is_stored=False)
                self.poll_and_write()
            else:
                self.carry_out(event)
            events = (*done, event)
            if event == "check":
                yield from (f"{fault} after {', '.join(events)}" for fault in self.check())
            yield from self.faults(events, here)
            self.world.restore(here, is_stored=not is_during and event in {"write", "time passes", "check"})

    def carry_out(self, event: str) -> None:
        world = self.world
        does: dict[str, Callable[[], None]] = {
            "write": world.write,
            "poll": world.poll,
            "poll fails": world.poll_in_vain,
            "time passes": world.pass_time,
            "restart": world.restart,
            "check": lambda: None,
        }
        does[event]()
        world.truth = replace(world.truth, now=world.truth.now + STEP)

    def poll_and_write(self) -> None:
        self.world.writes_meanwhile = True
        try:
            self.carry_out("poll")
        finally:
            self.world.writes_meanwhile = False

    def check(self) -> Iterator[str]:
        """Yield what is wrong with the answers of the store, with a token and without."""
        truth = self.world.truth
        plain, with_token = self.world.ask(token=False), self.world.ask(token=True)
        self.answers += plain is not None
        has_all = truth.read == len(truth.writes)
        for answer in (plain, with_token):
            if answer is not None and answer is not truth.is_yes(truth.read):
                yield "another answer than the store's state gives"
            if answer is not None and truth.now - truth.missing_since() > BOUND:
                yield "an answer older than the bound"
        if with_token is not None and not has_all:
            yield "an answer older than the token"
        is_fresh = truth.held_since is not None and truth.now - truth.held_since <= BOUND
        if (plain is not None) is not is_fresh or (with_token is not None) is not (is_fresh and has_all):
            yield "the store is used when it should not be, or the other way about"


@pytest.fixture
def make_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    made: list[FreshnessWorld] = []

    def make(kind: str) -> Walk:
        made.append(FreshnessWorld(tmp_path, monkeypatch, sequencer_is_dead=kind == KINDS[1]))
        return Walk(made[0], kind)

    yield make
    made[0].databases.environment.close()


@pytest.mark.parametrize("kind", KINDS)
def test_no_sequence_of_events_gives_an_answer_older_than_the_bound_or_the_token(
    kind: str, make_walk: Callable[[str], Walk]
) -> None:
    walk = make_walk(kind)

    assert next(walk.faults(), "") == ""
    assert (walk.sequences, walk.answers > 1_000) == (6**6, True)


def poll_counted_from_its_end(patch: pytest.MonkeyPatch) -> None:
    def late(self: Tailer, look: Any, *rest: int, real: Any = Tailer._poll_of) -> Any:
        return real(self, replace(look, started=self._monotonic()), *rest)

    patch.setattr(Tailer, "_poll_of", late)


def failed_poll_counts(patch: pytest.MonkeyPatch) -> None:
    def poll(self: Tailer, *, real: Any = Tailer.poll) -> bool:
        try:
            return bool(real(self))
        except OperationalError:
            set_poll_back(self)
            raise

    patch.setattr(Tailer, "poll", poll)


def set_poll_back(tailer: Tailer) -> None:
    now = tailer._monotonic()
    with tailer._writer.writing() as changes:
        packed = changes.get(POLL)
        if packed is not None:
            changes.put_poll(replace(unpack_poll(packed), started=now, pending_since=now))


def pending_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    def careless(self: Tailer, look: Any, *rest: int, real: Any = Tailer._poll_of) -> Any:
        return real(self, replace(look, pending_since=None), *rest)

    patch.setattr(Tailer, "_poll_of", careless)


def restarted_tailer_takes_the_last_poll_for_now(patch: pytest.MonkeyPatch) -> None:
    def begin(self: Tailer, *given: Any, real: Any = Tailer.__init__, **named: Any) -> None:
        real(self, *given, **named)
        set_poll_back(self)

    patch.setattr(Tailer, "__init__", begin)


def restarted_store_takes_the_last_poll_for_now(patch: pytest.MonkeyPatch) -> None:
    def take(self: LocalStore, reader: Any, *, real: Any = LocalStore._take_poll) -> None:
        real(self, reader)
        first = self.__dict__.setdefault("first", (self.poll, self._monotonic()))
        if self.poll == first[0]:
            self.held_since = first[1]

    patch.setattr(LocalStore, "_take_poll", take)


def poll_is_written_before_the_data(patch: pytest.MonkeyPatch) -> None:
    def poll(self: Tailer, *, real: Any = Tailer.poll) -> bool:
        set_poll_back(self)
        return bool(real(self))

    patch.setattr(Tailer, "poll", poll)


def every_look_counts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(tailing.Look, "reached_end", property(lambda _: True))


def cursor_runs_ahead_of_the_data(patch: pytest.MonkeyPatch) -> None:
    def put(self: Changes, refs: Any, state: Any, *, real: Any = Changes.put_state) -> None:
        if state.members[0].version == 1:
            real(self, refs, state)

    patch.setattr(Changes, "put_state", put)


def token_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(QuickLane, "_look_for", lambda *_: None)


def any_version_will_do(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LocalStore, "has_write", lambda *_: True)


def age_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    def begin(self: CheckApplication, *, real: Any = CheckApplication.__init__, **given: Any) -> None:
        real(self, **{**given, "bound": 1_000 * BOUND})

    patch.setattr(CheckApplication, "__init__", begin)


def only_the_time_of_the_poll_is_looked_at(patch: pytest.MonkeyPatch) -> None:
    def take(self: LocalStore, reader: Any, *, real: Any = LocalStore._take_poll) -> None:
        real(self, reader)
        if self.poll is not None:
            self.held_since = self.poll.started

    patch.setattr(LocalStore, "_take_poll", take)


MUTANTS = [
    (poll_counted_from_its_end, KINDS[2]),
    (failed_poll_counts, KINDS[0]),
    (pending_is_not_looked_at, KINDS[1]),
    (restarted_tailer_takes_the_last_poll_for_now, KINDS[0]),
    (restarted_store_takes_the_last_poll_for_now, KINDS[0]),
    (poll_is_written_before_the_data, KINDS[0]),
    (every_look_counts, KINDS[0]),
    (cursor_runs_ahead_of_the_data, KINDS[0]),
    (token_is_not_looked_at, KINDS[0]),
    (any_version_will_do, KINDS[0]),
    (age_is_not_looked_at, KINDS[0]),
    (only_the_time_of_the_poll_is_looked_at, KINDS[1]),
]


@pytest.mark.parametrize(("plant", "kind"), MUTANTS)
def test_a_planted_bug_is_caught(
    plant: Callable[[pytest.MonkeyPatch], None],
    kind: str,
    make_walk: Callable[[str], Walk],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plant(monkeypatch)

    walk = make_walk(kind)

    assert any("answer" in fault for fault in walk.faults())
