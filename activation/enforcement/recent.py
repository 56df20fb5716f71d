"""What the runs of the last hours or days decided, in rows by reason. It names nobody."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

from django.db import connection
from django.db.models import Count

from activation.enforcement.models import EnforcementRun
from activation.enforcement.types import RunStatus

ALLOWED = ""
"""Stands for rows that were allowed, where others have their reason."""
_DECIDED = """
    SELECT begins_at, reason, sum(counted)::bigint
    FROM activation_enforcement_enforcementrun AS run CROSS JOIN LATERAL (
        SELECT %s AS reason, allowed AS counted
        UNION ALL
        SELECT key, value::bigint FROM jsonb_each_text(denied_by_reason)
    ) AS decided CROSS JOIN LATERAL (
        SELECT date_trunc(%s, run.started_at AT TIME ZONE 'UTC') AS begins_at
    ) AS span
    WHERE run.started_at >= %s AND run.status = %s
    GROUP BY begins_at, reason
    ORDER BY begins_at, reason
"""


class Unit(StrEnum):
    """How long each span is that rows are counted in."""

    HOUR = "hour"
    DAY = "day"


def count_runs(*, since: datetime) -> Mapping[RunStatus, int]:
    """Return how many runs began at `since` or later, by where they stand. One statement."""
    rows = EnforcementRun.objects.filter(started_at__gte=since).order_by("status").values("status")
    counted = rows.annotate(runs=Count("pk")).values_list("status", "runs")
    return {RunStatus(status): count for status, count in counted}


def list_decided(*, since: datetime, unit: Unit) -> Mapping[datetime, Mapping[str, int]]:
    """Return how many rows completed runs decided, by when the runs began and by reason. One statement."""
    found: defaultdict[datetime, dict[str, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_DECIDED, [ALLOWED, unit.value, since, RunStatus.COMPLETED.value])
        for begins_at, reason, count in cursor.fetchall():
            found[begins_at.replace(tzinfo=UTC)][reason] = count
    return found
