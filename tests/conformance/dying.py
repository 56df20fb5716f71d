"""A process of its own that delivers, and kills itself on the way. Standard input tells it what to do."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pyarrow as pa

from activation.destinations.kinds.interface import Delivery, Surroundings
from consent.subjects.types import IdentifierKind
from tests.conformance.documented import find_kind


def main() -> None:
    """Deliver as told."""
    told = json.load(sys.stdin)
    kind = find_kind(told["kind"])
    surroundings = Surroundings(
        allow_local=told["allow_local"],
        folder=Path(told["folder"]) if told["folder"] else None,
        clock=partial(datetime.now, UTC),
    )
    connector = kind.open(msgspec.convert(told["settings"], kind.settings), told["secrets"], surroundings)
    connector.deliver(_delivery(told), lambda _: None)


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
