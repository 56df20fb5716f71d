"""How long a withdrawal takes from its commit to the check server's denial, under a steady load of them."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from queue import Empty, Queue

from django.utils import timezone

from consent.records.queries import get_vocabulary
from consent.records.rules.rows import read_row
from consent.records.services import record_rows
from consent.records.types import NewRow
from tests.bench.check import ours
from tests.bench.check.load import LOOPBACK
from tests.bench.check.people import CONTROLLER, DESTINATION, PURPOSES, Person
from tests.bench.report import Figure
from tests.bench.sequencer import sequencer_beside

RATE = 500
SECONDS = 8
TOGETHER = 10
"""Withdrawals in one transaction: alone, each would cost the writer more than the machine has."""
_PATIENCE = 5.0


def measure(people: int, key: str) -> Iterator[Figure]:
    """Yield the median and the 99th percentile. It writes: call it on a world that is a copy."""
    committed: Queue[tuple[Person, float]] = Queue()
    server = ours.CheckServer(people, key)
    with sequencer_beside(), server.start() as running:
        waits: list[float] = []
        done = threading.Event()
        watcher = threading.Thread(target=_watch, args=(running.port, key, committed, waits, done))
        watcher.start()
        reached = _withdraw(people, committed)
        done.set()
        watcher.join()
    waits.sort()
    for percent in (50, 99):
        value = waits[min(len(waits) * percent // 100, len(waits) - 1)] * 1000
        told = f"{len(waits)} looked at; aim: p99 50 ms"
        yield Figure(f"withdrawal to denial at {reached:,.0f} withdrawals/s, p{percent}", value, "ms", told)


def _withdraw(people: int, committed: "Queue[tuple[Person, float]]") -> float:
    """Withdraw at a steady rate, some in each transaction; return the rate that was reached."""
    allowed = [one for one in map(Person, range(people)) if one.allows(PURPOSES[0])][: RATE * SECONDS]
    vocabulary, began = get_vocabulary(at=timezone.now()), time.monotonic()
    for start in range(0, len(allowed), TOGETHER):
        time.sleep(max(0.0, began + start / RATE - time.monotonic()))
        at, some = timezone.now(), allowed[start : start + TOGETHER]
        rows = [read_row(_row(person, at.isoformat()), vocabulary=vocabulary, at=at) for person in some]
        record_rows(rows=[row for row in rows if isinstance(row, NewRow)], source="bench", at=at)
        moment = time.monotonic()
        for person in some:
            committed.put((person, moment))
    return len(allowed) / (time.monotonic() - began)


def _row(person: Person, at: str) -> dict[str, object]:
    return {
        "identifiers": [{"kind": "user_id", "value": person.user_id}],
        "choices": [
            {"purpose": PURPOSES[0], "choice": "withdrawn", "controller": CONTROLLER, "effective_at": at}
        ],
    }


def _watch(
    port: int, key: str, committed: "Queue[tuple[Person, float]]", waits: list[float], done: threading.Event
) -> None:
    """Take one withdrawal after another, and ask about the person until the answer is a denial."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_PATIENCE)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    while (taken := _newest(committed, done)) is not None:
        person, moment = taken
        body = json.dumps(_question(person))
        while time.monotonic() - moment < _PATIENCE:
            connection.request("POST", "/access/v1/evaluation", body, headers)
            if json.loads(connection.getresponse().read())["decision"] is False:
                break
        waits.append(time.monotonic() - moment)


def _newest(committed: "Queue[tuple[Person, float]]", done: threading.Event) -> tuple[Person, float] | None:
    """Return the last one committed; older ones wait no longer. None once all is done."""
    found = None
    while found is None or not committed.empty():
        try:
            found = committed.get(timeout=0.1)
        except Empty:
            if done.is_set():
                return found
    return found


def _question(person: Person) -> dict[str, object]:
    return {
        "subject": {"type": "user_id", "id": person.user_id},
        "action": {"name": PURPOSES[0]},
        "resource": {"type": "destination", "id": DESTINATION},
    }
