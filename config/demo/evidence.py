"""The story's last chapter: what an outsider can check of it."""

import io
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from django.core.management import call_command

from config.demo.telling import Teller
from lineage.facets.validation import check_event
from lineage.leases.waking import wake
from lineage.outbox import queries

EMIT_TIMEOUT = 60.0  # seconds
Found = TypeVar("Found")


class StoryFailed(Exception):
    """Something in the story did not come out as it must."""


def verify(manifest: Path, *claim: str, teller: Teller) -> None:
    """Verify `manifest` offline and tell each check. `claim` may add `--present ID` or `--absent ID`.

    :raises CommandError: if a check fails.
    """
    out = io.StringIO()
    call_command("verify_manifest", str(manifest), *claim, stdout=out)
    teller.say(" ".join(["verify_manifest", manifest.name, *claim]))
    for line in out.getvalue().splitlines():
        teller.say(f"  {line}")


def wait_for(look: Callable[[], Found | None], *, fault: str) -> Found:
    """Look again and again, and return what was found once it is something.

    :raises StoryFailed: with `fault`, if it is nothing for a minute.
    """
    deadline = time.monotonic() + EMIT_TIMEOUT
    while not (found := look()):
        if time.monotonic() > deadline:
            raise StoryFailed(fault)
        time.sleep(0.1)
    return found


def emit_lineage(run_ids: Sequence[UUID], file: Path, *, teller: Teller) -> None:
    """Have the worker emit what waits, and check the events of `run_ids` in `file` against the schema.

    :raises StoryFailed: if they do not arrive, or are not START and COMPLETE, each valid.
    """
    wake("lineage.emit_pending")
    wait_for(lambda: queries.count_pending() == 0, fault="the worker emitted no lineage: is it running?")
    events = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for run_id in run_ids:
        own = [event for event in events if event["run"]["runId"] == str(run_id)]
        types, faults = (
            [event["eventType"] for event in own],
            [f for event in own for f in check_event(event)],
        )
        if types != ["START", "COMPLETE"] or faults:
            raise StoryFailed(f"lineage of run {run_id}: {types}, {faults}")
        teller.say(f"OpenLineage {' and '.join(types)} of run {run_id}: valid against the official schema.")
    teller.say(f"Events: {file}")
