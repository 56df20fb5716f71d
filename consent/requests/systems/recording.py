"""Every change of the data map is an entry of the ledger's audit stream: who, and which places."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream
from consent.requests.models import System
from consent.requests.systems.differences import Difference, compare
from consent.requests.systems.writing import write_document

CHANGED, SECRET_SET, HOLD_PLACED, HOLD_LIFTED, TRIED = (
    "data_map_changed",
    "system_secret_set",
    "legal_hold_placed",
    "legal_hold_lifted",
    "system_dry_run",
)
_WAYS = ("kind", "connection", "settings")
_LOCK = 0x41434D41  # one change of the map at a time, so that what is told is what was changed


@contextmanager
def told_changes(*, changed_by: str) -> Iterator[list[Difference]]:
    """Carry out a block that changes the map, in one transaction, and tell what it changed.

    A system that is reached in another way than before has no secret any more: else who may change where a
    system is could have its secret sent there.

    The list that is given holds the differences once the block has ended.
    """
    differences: list[Difference] = []
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        before = write_document()
        yield differences
        after = write_document()
        differences += compare(before, after)
        _drop_secrets(before["systems"], after["systems"], changed_by=changed_by)
        if differences:
            places = [f"{one.sign} {one.path}" for one in differences]
            tell(CHANGED, {"places": places}, changed_by=changed_by)


def _drop_secrets(before: Mapping[str, Any], after: Mapping[str, Any], *, changed_by: str) -> None:
    moved = [
        slug
        for slug, one in after.items()
        if slug in before and any(before[slug].get(name) != one.get(name) for name in _WAYS)
    ]
    for system in System.objects.filter(slug__in=moved, kek_version__gt=0).order_by("slug"):
        System.objects.filter(pk=system.pk).update(kek_version=0, wrapped=b"", sealed=b"")
        tell(SECRET_SET, {"system": system.slug, "there_is_one": False}, changed_by=changed_by)


@transaction.atomic
def tell(kind: str, body: dict[str, Any], *, changed_by: str) -> None:
    """Append one entry to the audit stream, in the caller's transaction if there is one."""
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry(kind, {**body, "changed_by": changed_by})])
