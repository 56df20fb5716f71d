"""Forgetting the copies of what the ledger has pruned: records, facts, and choices in force."""

from django.db import connection, transaction

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
    return forgotten
