"""A writer: does its operations in order, and notes in a file what was sent and what was acknowledged."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import Error, OperationalError, connection, connections

from consent.keys.types import KeysUnavailable
from consent.records import services
from tests.chaos.plans import Operation
from tests.chaos.points import Points
from tests.records_world import make_choice, make_new_row, record_all

CALLER = "chaos"
POLL = 0.05
"""Seconds between looks at a server that is down."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One row of a write that its writer was told is done."""

    subject_ref: str
    version: int
    record_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Journal:
    """What a writer noted. It outlives the writer's death: each note is one write to a file."""

    path: Path

    def note(self, **fields: Any) -> None:
        """Append one note."""
        with self.path.open("ab", buffering=0) as file:
            file.write(json.dumps(fields).encode() + b"\n")

    def count(self) -> int:
        """Return the number of acknowledged writes."""
        return self.path.read_bytes().count(b'{"acknowledged"') if self.path.exists() else 0

    def read_sent(self) -> set[str]:
        """Return the names of the operations that were sent, at least once."""
        return {note["sent"] for note in self._read() if "sent" in note}

    def read_acknowledged(self) -> dict[str, list[Acknowledged]]:
        """Return what was acknowledged, by operation."""
        return {
            note["acknowledged"]: [
                Acknowledged(ref, version, tuple(ids)) for ref, version, ids in note["rows"]
            ]
            for note in self._read()
            if "acknowledged" in note
        }

    def _read(self) -> list[dict[str, Any]]:
        return (
            [json.loads(line) for line in self.path.read_bytes().splitlines()] if self.path.exists() else []
        )


def write_all(operations: Sequence[Operation], journal: Journal, points: Points) -> None:
    """Do the operations that are not done yet.

    A keyed one is sent until it is acknowledged, over deaths too. Of another one that was sent and not
    acknowledged nobody knows whether it is written; it is not sent again.
    """
    sent, acknowledged = journal.read_sent(), journal.read_acknowledged()
    for operation in operations:
        if operation.name in acknowledged or (operation.name in sent and not operation.is_keyed):
            continue
        journal.note(sent=operation.name)
        while not _try(operation, journal, points) and operation.is_keyed:
            pass


def _try(operation: Operation, journal: Journal, points: Points) -> bool:
    try:
        _reach_server()
        rows = _write_once(operation) if operation.is_keyed else _write(operation)
    except (Error, KeysUnavailable):
        connections.close_all()
        return False
    points.come()  # written, and nobody was told yet
    journal.note(acknowledged=operation.name, rows=rows)
    return True


def _reach_server() -> None:
    """Wait until the server takes a connection; the test's own deadline ends a wait without hope."""
    while True:
        try:
            connection.ensure_connection()
        except OperationalError:
            time.sleep(POLL)
        else:
            return


def _write_once(operation: Operation) -> list[Any]:
    answer = services.answer_once(
        caller=CALLER,
        key=operation.name,
        body=list(operation.people),
        write=lambda: {"rows": _write(operation)},
    )
    rows: list[Any] = answer.body["rows"]
    return rows


def _write(operation: Operation) -> list[Any]:
    """Write one row for each person. The form's name says which operation a record came from."""
    choice = make_choice(choice="opted_out", form=operation.name)
    rows = [make_new_row(person, choices=[choice], facts=[]) for person in operation.people]
    recorded = record_all(*rows, source=CALLER)
    return [[one.subject_ref, one.version, list(one.record_ids)] for one in recorded]
