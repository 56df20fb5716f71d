"""What the outbox holds, as tests of what is emitted look at it."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from lineage.outbox.models import OutboxEvent


def list_runs(job: str = "") -> dict[UUID, list[str]]:
    """Return the transitions of each run in order, by run, of jobs whose names begin with `job`."""
    found: dict[UUID, list[str]] = defaultdict(list)
    for row in OutboxEvent.objects.order_by("pk"):
        if row.payload["job"]["name"].startswith(job):
            found[row.run_id].append(row.event_type)
    return dict(found)


def list_told(job: str = "") -> list[Mapping[str, Any]]:
    """Return the events in the order in which they were told."""
    payloads = OutboxEvent.objects.order_by("pk").values_list("payload", flat=True)
    return [one for one in payloads if one["job"]["name"].startswith(job)]


def rows_of(event: Mapping[str, Any]) -> int | None:
    """Return how many rows an event says were written."""
    statistics = event["outputs"][0].get("outputFacets", {}).get("outputStatistics", {})
    rows: int | None = statistics.get("rowCount")
    return rows
