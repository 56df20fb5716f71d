"""What a process of its own is told: see `dying.py`."""

import sys
from pathlib import Path
from typing import Any

import pyarrow as pa

from config.launch.arguments import ROOT
from tests.conformance.harness import BATCH, Harness

COMMAND = [sys.executable, "-m", "tests.conformance.dying"]
OPTIONS: dict[str, Any] = {"text": True, "cwd": ROOT, "capture_output": True}


def write_rows(table: pa.Table, rows: Path) -> None:
    """Write the rows into a file for another process."""
    with pa.OSFile(str(rows), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=BATCH)


def tell(harness: Harness, rows: Path) -> dict[str, Any]:
    """Return where the recipient is, and whose rows are in the file."""
    delivery = harness.delivery(2)
    return {
        "kind": harness.kind.slug,
        "settings": harness.settings(),
        "secrets": harness.secrets(),
        "allow_local": harness.surroundings.allow_local,
        "folder": str(harness.surroundings.folder) if harness.surroundings.folder else None,
        "run_id": str(delivery.run_id),
        "audience": delivery.audience,
        "identifiers": dict(harness.identifiers()),
        "rows": str(rows),
    }
