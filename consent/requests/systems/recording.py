"""Every change of the data map is an entry of the ledger's audit stream: who, and which places."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream
from consent.requests.systems.differences import Difference, compare
from consent.requests.systems.writing import write_document

CHANGED, SECRET_SET, HOLD_PLACED, HOLD_LIFTED, TRIED = (
    "data_map_changed",
    "system_secret_set",
    "legal_hold_placed",
    "legal_hold_lifted",
    "system_dry_run",
)
_LOCK = 0x41434D41  # one change of the map at a time, so that what is told is what was changed


@contextmanager
def told_changes(*, changed_by: str) -> Iterator[list[Difference]]:
    """Carry out a block that changes the map, in one transaction, and tell what it changed.

    The list that is given holds the differences once the block has ended.
    """
    differences: list[Difference] = []
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        before = write_document()
        yield differences
        differences += compare(before, write_document())
        if differences:
            places = [f"{one.sign} {one.path}" for one in differences]
            tell(CHANGED, {"places": places}, changed_by=changed_by)


def tell(kind: str, body: dict[str, Any], *, changed_by: str) -> None:
    """Append one entry to the audit stream, in the caller's transaction."""
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry(kind, {**body, "changed_by": changed_by})])
