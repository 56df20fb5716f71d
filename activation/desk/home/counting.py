"""Counting the ledger's choices, each once: counts and position are written together, or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models.functions import Now

from activation.desk.home.models import CountPosition
from activation.desk.home.tallying import Cell, tally
from consent.kernel.errors import AccordantError
from consent.ledger import queries as ledger
from consent.ledger.types import LedgerEntry

NAME = "choices"
MOST_ENTRIES = 1000
"""Entries that one step counts at most."""
_ADD = """
    INSERT INTO activation_desk_choicecount (day, purpose, jurisdiction, choice, count)
    SELECT * FROM unnest(%s::date[], %s::varchar[], %s::varchar[], %s::varchar[], %s::bigint[])
    ON CONFLICT (day, purpose, jurisdiction, choice)
    DO UPDATE SET count = activation_desk_choicecount.count + EXCLUDED.count
"""


class OtherLedgerCounted(AccordantError):
    """The ledger is not the one that was counted: it was put back from a backup, or it is another's."""

    code = "other_ledger_counted"
    status = 409


@dataclass(frozen=True, slots=True)
class Counted:
    """How far the ledger was counted."""

    position: int
    behind: int
    moved_at: datetime | None
    """None: it was never begun."""


@transaction.atomic
def count_next(*, limit: int = MOST_ENTRIES) -> bool:
    """Count the next entries, and return whether the ledger's end was reached.

    Safe to run twice, and to kill. While another process counts there is nothing to do: that is as good as
    the end.

    :raises OtherLedgerCounted: if it is not the ledger that was counted before. Nothing moves then.
    :raises KeysUnavailable: if the keys that open residences cannot be asked for. Nothing moves then.
    """
    row = hold_position()
    if row is None:
        return True
    entries = read_after(row, limit=limit)
    if entries:
        add_counts(tally(entries).counts)
        move_position(entries[-1])
    return len(entries) < limit


def get_counted() -> Counted:
    """Return how far the ledger was counted. Two statements."""
    row = CountPosition.objects.filter(pk=NAME).order_by("pk").first()
    size = ledger.get_size()
    if row is None:
        return Counted(0, size, None)
    return Counted(row.position, max(size - row.position, 0), row.moved_at)


def hold_position(*, wait: bool = False) -> CountPosition | None:
    """Return the position's row, held until the transaction ends; None if another holds it.

    With `wait` it is waited for. The first call makes it.
    """
    rows = CountPosition.objects.filter(pk=NAME).order_by("pk")
    held = rows.select_for_update(skip_locked=not wait)
    row = held.first()
    if row is None and not rows.exists():
        CountPosition.objects.bulk_create([CountPosition(name=NAME)], ignore_conflicts=True)
        row = held.first()
    return row


def read_after(row: CountPosition, *, limit: int) -> Sequence[LedgerEntry]:
    """Return the next entries behind the row's position, at most `limit`.

    :raises OtherLedgerCounted: if the last entry that was counted is not there any more, as it was.
    """
    if not row.position:
        return ledger.list_changes(after=0, limit=limit)
    found = ledger.list_changes(after=row.position - 1, limit=limit + 1)
    if not found or (found[0].index, found[0].leaf_hash) != (row.position - 1, bytes(row.last_hash)):
        raise OtherLedgerCounted(
            "the ledger is not the one that was counted: see that it is the right one, then run"
            " rebuild_choice_counts"
        )
    return found[1:]


def add_counts(counts: Mapping[Cell, int]) -> None:
    """Add `counts` to those that are kept. One statement."""
    if not counts:
        return
    cells = sorted(counts)  # in one order, so that two writers could not wait for each other
    columns = [[cell[place] for cell in cells] for place in range(len(Cell._fields))]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [*columns, [counts[cell] for cell in cells]])


def move_position(last: LedgerEntry) -> None:
    """Say that everything up to `last` was counted. The caller holds the row."""
    CountPosition.objects.filter(pk=NAME).update(
        position=last.index + 1, last_hash=last.leaf_hash, moved_at=Now()
    )
