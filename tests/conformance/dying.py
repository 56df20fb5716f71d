"""A process of its own that delivers or takes out, and kills itself on the way if it is told to.

Standard input tells it what to do.
"""

import importlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import msgspec
import pyarrow as pa

from activation.destinations.kinds.interface import Connector, Delivery, Removal, Surroundings
from consent.network.errors import DeliveryFailed
from consent.subjects.types import IdentifierKind
from tests.conformance.documented import find_kind

_TRIALS = 100


def main() -> None:
    """Do as told."""
    told = json.load(sys.stdin)
    kind = find_kind(told["kind"])
    surroundings = Surroundings(
        allow_local=told["allow_local"],
        folder=Path(told["folder"]) if told["folder"] else None,
        clock=partial(datetime.now, UTC),
    )
    connector = kind.open(msgspec.convert(told["settings"], kind.settings), told["secrets"], surroundings)
    if told["act"] == "deliver":
        connector.deliver(_delivery(told), lambda _: None)
        return
    if told["step"]:
        _die_at(told["step"], before=told["before"])
    for removal in _removals(told):
        _remove(connector, removal)


def _remove(connector: Connector, removal: Removal) -> None:
    """Take out, and again while somebody else is at it."""
    for _ in range(_TRIALS):
        with suppress(DeliveryFailed):
            connector.remove(removal)
            return
    raise AssertionError("never came to it")


def _die_at(step: str, *, before: bool) -> None:
    """Let the first call of `step` be the last thing that this process does."""
    owner, name = find(step)
    real = getattr(owner, name)

    def dying(*arguments: Any, **options: Any) -> None:
        if not before:
            real(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, dying)


def find(step: str) -> tuple[Any, str]:
    """Return the module or class that `step` names a part of, and the part's name."""
    path, name = step.rsplit(".", 1)
    try:
        return importlib.import_module(path), name
    except ModuleNotFoundError:
        module, owner = path.rsplit(".", 1)
        return getattr(importlib.import_module(module), owner), name


def _removals(told: dict[str, Any]) -> Iterator[Removal]:
    """Yield one removal for each portion of the rows."""
    table = pa.ipc.open_file(told["rows"]).read_all()
    identifiers = {IdentifierKind(kind): column for kind, column in told["identifiers"].items()}
    people = table.select(sorted(identifiers.values()))
    for number, batch in enumerate(people.to_batches(max_chunksize=told["portion"])):
        yield Removal(
            removal_id=uuid5(UUID(told["run_id"]), str(number)),
            audience=told["audience"],
            schema=people.schema,
            batches=partial(iter, [batch]),
            identifiers=identifiers,
        )


def _delivery(told: dict[str, Any]) -> Delivery:
    table = pa.ipc.open_file(told["rows"]).read_all()
    return Delivery(
        run_id=UUID(told["run_id"]),
        audience=told["audience"],
        purpose="advertising.audience",
        destination="meridian",
        controller="harbor",
        schema=table.schema,
        rows=table.num_rows,
        batches=lambda: _batches(table, told["place"]),
        identifiers={IdentifierKind(kind): column for kind, column in told["identifiers"].items()},
        manifest=b"{}",
        not_after=None,
    )


def _batches(table: pa.Table, place: int | None) -> Iterator[pa.RecordBatch]:
    batches = table.to_batches()
    yield from batches if place is None else batches[:place]
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
