"""Reads of runs under way."""

from uuid import UUID

from lineage.running.models import OpenRun


def is_open(*, run_id: UUID) -> bool:
    """Return whether the run has begun, and not ended."""
    return OpenRun.objects.filter(pk=run_id).exists()
