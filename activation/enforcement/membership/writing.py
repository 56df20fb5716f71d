"""Pages into the table, and what is changed in those that are there: the rows themselves, no rule."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from django.db import connection

from activation.enforcement.membership.content import split_keys
from activation.enforcement.membership.models import Page, Segment
from activation.enforcement.membership.paging import PageDraft
from activation.enforcement.membership.sealing import Sealer

_COPY = """
    COPY activation_enforcement_page (segment_id, bucket, keys, sealed, due_at, world, is_readable)
    FROM STDIN (FORMAT BINARY)
"""
_TYPES = ("int8", "int4", "bytea", "bytea", "timestamptz", "varchar", "bool")
_LOCK = "SELECT {function}(hashtextextended(%s, 0))"

Row = tuple[int, int, bytes, bytes, datetime | None, str, bool]


def share_holding(holding_id: int) -> None:
    """Wait until nobody puts pages of the holding together, and keep it so until the transaction ends.

    Whoever looks for pages to change them does this first: else pages could be put together between the
    look and the change, and the change would be lost.
    """
    _lock("pg_advisory_xact_lock_shared", holding_id)


def hold_holding(holding_id: int) -> None:
    """Wait until nobody changes pages of the holding, and keep it so until the transaction ends."""
    _lock("pg_advisory_xact_lock", holding_id)


def _lock(function: str, holding_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK.format(function=function), [f"accordant/holding/1/{holding_id}"])


def copy_pages(segment: Segment, sealer: Sealer, drafts: Iterable[PageDraft], *, world: str) -> None:
    """Seal pages and add them to the segment."""
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(_TYPES)
        for row in _seal(segment.pk, sealer, drafts, world=world):
            copy.write_row(row)


def _seal(segment_id: int, sealer: Sealer, drafts: Iterable[PageDraft], *, world: str) -> Iterator[Row]:
    for draft in drafts:
        sealed = sealer.seal_page(draft.content, segment_id=segment_id, bucket=draft.bucket, keys=draft.keys)
        yield segment_id, draft.bucket, draft.keys, sealed, draft.due_at, world, True


def rewrite_page(
    page: Page, sealer: Sealer, *, keys: bytes, content: bytes, due_at: datetime | None, world: str
) -> None:
    """Let the page hold this instead; one that holds nobody goes."""
    if not keys:
        page.delete()
        return
    page.keys, page.due_at, page.world = keys, due_at, world
    page.sealed = sealer.seal_page(content, segment_id=page.segment_id, bucket=page.bucket, keys=keys)
    page.save(update_fields=["keys", "sealed", "due_at", "world"])


def strip_keys(page: Page, gone: Mapping[bytes, object] | frozenset[bytes]) -> int:
    """Let an unreadable page not find these any more, and return how many it found."""
    here = split_keys(bytes(page.keys))
    kept = [key for key in here if key not in gone]
    if not kept:
        page.delete()
    elif len(kept) < len(here):
        page.keys = b"".join(kept)
        page.save(update_fields=["keys"])
    return len(set(here)) - len(set(kept))
