"""A stream in a process of its own, which dies, or stands still, at a point of its loop; and unsafe ones."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from activation.enforcement.streaming import sinks
from activation.enforcement.streaming.figures import Figures
from activation.enforcement.streaming.running import Surroundings, run_stream
from activation.enforcement.streaming.sinks import AtLeastOnce, ExactlyOnce
from activation.enforcement.streaming.source import Source
from activation.enforcement.streaming.types import Guarantee
from activation.enforcement.streaming.windows import Windows
from activation.snapshots.freshness import SECOND
from activation.snapshots.local import LocalStore
from tests.store_world import make_resolver
from tests.streams_world import CLOCKS, QUICK, Noting, Topics, monotonic

SHORT = replace(
    QUICK,
    events_at_once=2,
    transaction_events=2,
    session_timeout=6.0,
    transaction_timeout=10.0,
    extra=(("max.poll.interval.ms", 6_000),),
)
"""Two events in each transaction, and the dead are missed soon."""
POINTS = ("taken", "begun", "sent", "flushed", "held", "offsets sent", "committed", "settled")
AT_LEAST_ONCE_POINTS = ("taken", "begun", "sent", "flushed", "held", "committed", "settled")
_NTH = 2
"""The time at which a point is the doom: one transaction is over then."""
_ONCE = frozenset({"held", "window told", "window committed"})  # of all events it is told once
_SECONDS = 60.0


class _PlainBroker:
    """As much of a broker as `Topics` needs."""

    def __init__(self, port: int) -> None:
        self.port = port


def stream(
    folder: Path,
    *,
    port: int,
    name: str,
    store: str,
    doom: str = "",
    fate: str = "dies",
    instance: str = "one",
    at_least_once: bool = False,
    mutant: str = "",
) -> None:
    """Run until the file `stop` is in `folder`."""
    topics = Topics(_PlainBroker(port), name)  # type: ignore[arg-type]  # it is not started from here
    guarantee = Guarantee.AT_LEAST_ONCE if at_least_once else Guarantee.EXACTLY_ONCE
    point = _Point(folder, doom, fate)
    ends_at = time.monotonic() + _SECONDS
    surroundings = Surroundings(
        brokers=topics.settings(),
        store=LocalStore(Path(store), resolver=make_resolver(), monotonic=monotonic),
        clocks=CLOCKS,
        bound=600 * SECOND,
        should_stop=lambda: (folder / "stop").exists() or time.monotonic() > ends_at,
        wait=time.sleep,
        keeper=Noting(lambda _: point.come("held")),
    )
    terms = topics.terms(instance=instance, guarantee=guarantee)
    with watched(point), MUTANTS[mutant]():
        run_stream(terms, surroundings, Figures(), SHORT)


class _Point:
    """Lets the doom happen."""

    def __init__(self, folder: Path, doom: str, fate: str) -> None:
        self._folder, self._doom, self._fate, self._count = folder, doom, fate, 0

    def come(self, name: str) -> None:
        """Count a point."""
        if name != self._doom:
            return
        self._count += 1
        if self._count != (1 if name in _ONCE else _NTH):
            return
        if self._fate == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        (self._folder / "pid").write_text(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGSTOP)


@contextmanager
def watched(point: _Point) -> Iterator[None]:
    """Let what the loop does be points."""
    with ExitStack() as stack:
        for owner, method, name, is_before in (
            (Source, "take", "taken", False),
            (ExactlyOnce, "begin", "begun", False),
            (AtLeastOnce, "begin", "begun", False),
            (sinks._Sending, "send", "sent", False),
            (sinks._Sending, "flush", "flushed", False),
            (ExactlyOnce, "_commit", "offsets sent", True),
            (ExactlyOnce, "_commit", "committed", False),
            (AtLeastOnce, "commit", "committed", False),
            (Source, "settle", "settled", False),
            (Windows, "_begin", "window told", False),
            (Windows, "note_commit", "window committed", False),
        ):
            stack.enter_context(patch.object(owner, method, _around(owner, method, name, point, is_before)))
        yield


def _around(owner: Any, method: str, name: str, point: _Point, is_before: bool) -> Callable[..., Any]:
    inner = getattr(owner, method)

    def around(self: Any, *arguments: Any, **options: Any) -> Any:
        if is_before:
            point.come(name)
            return inner(self, *arguments, **options)
        answer = inner(self, *arguments, **options)
        if method == "note_commit" and self._state.run_id is None:  # no window was told of
            return answer
        if answer or method != "take":  # a look that found nothing is no point
            point.come(name)
        return answer

    return around


@contextmanager
def _safe() -> Iterator[None]:
    yield


@contextmanager
def _offsets_first() -> Iterator[None]:
    """Commit the offsets by themselves, before the transaction."""

    def commit(self: ExactlyOnce, source: Source) -> None:
        source.consumer.commit(offsets=source.offsets(), asynchronous=False)
        self._commit()
        self.is_open = False

    with patch.object(ExactlyOnce, "commit", commit):
        yield


MUTANTS = {"": _safe, "offsets first": _offsets_first}
