"""What lineage hears of retention: which stream's content went, from before when, and how much it was."""

from datetime import datetime
from uuid import uuid4

from consent.ledger.types import Stream, rfc3339
from lineage.events.naming import job_name, ledger
from lineage.events.ourselves import ENGINE
from lineage.events.types import JobDescription, Output, RunDescription, Statistics, Tag

_DOCUMENTATION = "Takes the content of what is past its time out of the ledger. Its proofs stay."


def describe_pruning(stream: Stream, before: datetime, leaves: int) -> RunDescription:
    """Return the run that took the content of so many leaves of `stream`, each recorded before `before`."""
    return RunDescription(
        run_id=uuid4(),
        job=JobDescription(
            name=job_name("apply_retention", stream.value), kind="RETENTION", documentation=_DOCUMENTATION
        ),
        engine=ENGINE,
        outputs=(Output(dataset=ledger(), statistics=Statistics(rows=leaves)),),
        tags=(Tag(key="recorded_before", value=rfc3339(before)),),
    )
