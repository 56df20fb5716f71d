"""What the audit trail is found by: parts of audit leaves that indexes are over. Reading one cannot fail."""

from django.db import connection, models
from django.db.models import Q

from consent.ledger.types import Stream

IN_TRAIL = Q(stream=Stream.AUDIT)
STILL_THERE = IN_TRAIL & ~Q(envelope=b"")
"""Leaves whose content was not pruned: only they tell who, and where."""


class _Told(models.Func):
    """A part of what an envelope's body says, as text. `encode` never raises, whatever the envelope is.

    A quote within a text is escaped in JSON: what looks like a field is one.
    """

    output_field = models.TextField()
    pattern = ""
    arity = 1

    @property
    def template(self) -> str:  # type: ignore[override]  # Django's is an attribute
        """Return the expression: the index's and the query's are the same, letter for letter."""
        return f"substring(encode(%(expressions)s, 'escape') from '{self.pattern}')"


class ToldOfficer(_Told):
    """The officer's id, if the event names one."""

    pattern = '"officer":([0-9]+)'


class ToldPage(_Told):
    """The name of the page that the officer was at, if the event names one."""

    pattern = '"page":"([A-Za-z0-9_:.-]+)"'


_DISTINCT = """
WITH RECURSIVE found(value) AS (
    (SELECT {part} FROM consent_ledger_leaf WHERE {where} AND {part} IS NOT NULL ORDER BY {part} LIMIT 1)
    UNION ALL
    SELECT (
        SELECT {part} FROM consent_ledger_leaf WHERE {where} AND {part} > found.value ORDER BY {part} LIMIT 1
    )
    FROM found WHERE found.value IS NOT NULL
)
SELECT value FROM found WHERE value IS NOT NULL LIMIT 500
"""
_OFFICER = f"substring(encode(envelope, 'escape') from '{ToldOfficer.pattern}')"
_PAGE = f"substring(encode(envelope, 'escape') from '{ToldPage.pattern}')"
_THERE = "stream = 'audit' AND NOT (envelope = ''::bytea)"


def list_kinds() -> list[str]:
    """Return the kinds of events in the trail. It steps over the index: once for each kind."""
    return _list_distinct("kind", "stream = 'audit'")


def list_officers() -> list[str]:
    """Return the ids of officers in the trail."""
    return _list_distinct(_OFFICER, _THERE)


def list_told_pages() -> list[str]:
    """Return the names of pages in the trail."""
    return _list_distinct(_PAGE, _THERE)


def _list_distinct(part: str, where: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_DISTINCT.format(part=part, where=where))
        return [value for (value,) in cursor.fetchall()]
