"""The decision log: one line of JSON for each answered request, written beside the answers.

A line says who asked for what and what came of it, never about whom. What cannot be written in time is
counted, and left out: no answer waits for the log.
"""

import json
import logging
import os
import threading
from collections import Counter, deque
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from activation.decisions.types import Decision
from activation.snapshots.compact.times import from_micros

logger = logging.getLogger(__name__)
MOST_WAITING = 100_000
"""Entries that wait to be written; beyond them, they are only counted."""
MOST_KEPT = 10_000
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT
WRITTEN_EVERY = 0.2
"""Seconds."""


class Entry(NamedTuple):
    """One answered request."""

    at: int
    """Microseconds since 1970."""
    client: str
    watermark: bytes
    """In digits."""
    decisions: Sequence[Decision]


class DecisionLog:
    """Collects entries, and writes them by a thread of its own."""

    def __init__(self, path: Path | None) -> None:
        """Write to `path`, for the owner's eyes; None: nothing is kept."""
        self._path = path
        self._waiting: deque[Entry] = deque()
        self._stop, self._lines = threading.Event(), Lines()
        self._thread = threading.Thread(target=self._work, name="decision-log", daemon=True)
        self.dropped = self.written = 0
        self.add = self._add if path else _drop

    def start(self) -> None:
        """Begin to write."""
        if self._path is not None:
            self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _add(self, entry: Entry) -> None:
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(entry)
        else:
            self.dropped += 1

    def _work(self) -> None:
        is_last = False
        while not is_last:
            is_last = self._stop.wait(WRITTEN_EVERY)
            if taken := [self._waiting.popleft() for _ in range(len(self._waiting))]:
                self._write(taken)

    def _write(self, entries: Sequence[Entry]) -> None:
        if self._path is None:
            return
        try:
            with os.fdopen(os.open(self._path, _APPEND, 0o600), "a", encoding="utf-8") as file:
                file.writelines(map(self._lines.line_of, entries))
        except OSError:
            self.dropped += len(entries)
            logger.warning("the decision log cannot be written", exc_info=True)
        else:
            self.written += len(entries)


class Lines:
    """Writes entries as lines of JSON. What many have in common is written once and kept."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Decision, str]] = {}
        """Of single decisions, by identity: what stands behind time, client and watermark."""

    def line_of(self, entry: Entry) -> str:
        """Return what the log says of one request: a batch is one line, with a count for each reason."""
        tail = self._tail_of(entry.decisions[0]) if len(entry.decisions) == 1 else _tail(entry.decisions)
        at = from_micros(entry.at).isoformat()
        return (
            f'{{"at":"{at}","client":{json.dumps(entry.client)},"watermark":{entry.watermark.decode()},{tail}'
        )

    def _tail_of(self, decision: Decision) -> str:
        kept = self._kept.get(id(decision))
        if kept is None or kept[0] is not decision:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            kept = self._kept[id(decision)] = (decision, _tail([decision]))
        return kept[1]


def _tail(decisions: Sequence[Decision]) -> str:
    first = decisions[0]
    counts = Counter((one.effect.value, one.reason.value) for one in decisions)
    told = {
        "purpose": first.purpose,
        "destination": first.destination,
        "policy_version": first.policy_version,
        "policy_digest": first.policy_digest,
        "decisions": [
            {"effect": effect, "reason": reason, "count": count} for (effect, reason), count in counts.items()
        ],
    }
    return json.dumps(told, separators=(",", ":"))[1:] + "\n"


def _drop(_: Entry) -> None:
    """Keep nothing."""
