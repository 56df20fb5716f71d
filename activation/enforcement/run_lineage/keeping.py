"""What lineage heard of a run, kept in its row: so that whoever ends a dead one can tell the same."""

from typing import Any

import msgspec

from lineage.events.types import RunDescription


def keep(run: RunDescription) -> Any:
    """Return the description as plain values, for JSON."""
    return msgspec.to_builtins(run)


def restore(kept: object) -> RunDescription | None:
    """Return what was kept; None for a row of an earlier version, which kept nothing or something else."""
    try:
        return msgspec.convert(kept, RunDescription) if kept else None
    except (msgspec.ValidationError, ValueError):
        return None
