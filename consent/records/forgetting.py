"""Forgetting the copies of what the ledger has pruned: records, facts, and choices in force."""

from uuid import uuid4

from django.db import connection, transaction

from consent.ledger.queries import get_time
from lineage.events.naming import job_name, ledger
from lineage.events.ourselves import ENGINE
from lineage.events.types import JobDescription, Output, RunDescription, Statistics
from lineage.running import services as running

_CHOICES = """
    DELETE FROM consent_records_currentchoice AS choice
    WHERE subject_ref IN (SELECT subject_ref FROM consent_ledger_erasedsubject) AND NOT EXISTS (
        SELECT FROM consent_records_consentrecord AS record WHERE record.subject_ref = choice.subject_ref
    )
"""


@transaction.atomic
def forget_pruned(*, limit: int = 10_000) -> int:
    """Delete copies of erased subjects' events that the ledger has pruned, and return how many.

    Call it until it returns 0. Whose records are all gone has no choice in force either.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT accordant_forget_pruned(%s)", [limit])
        forgotten: int = cursor.fetchone()[0]
        if forgotten:
            cursor.execute(_CHOICES)
            running.tell_done(run=_describe(forgotten), at=get_time())
    return forgotten


def _describe(forgotten: int) -> RunDescription:
    return RunDescription(
        run_id=uuid4(),
        job=JobDescription(
            name=job_name("forget_pruned"),
            kind="RETENTION",
            documentation="Deletes the copies of what retention has taken out of the ledger.",
        ),
        engine=ENGINE,
        outputs=(Output(dataset=ledger(), statistics=Statistics(rows=forgotten)),),
    )
