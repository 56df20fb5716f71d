"""Taking people out of what destinations hold, once they are out there."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from activation.enforcement.membership import content, writing
from activation.enforcement.membership.keys import key_of_ref
from activation.enforcement.membership.models import Holding, Page, Segment
from activation.enforcement.membership.sealing import MembershipUnreadable, Sealer, get_sealer
from activation.enforcement.membership.types import Name

_FIND = """
    SELECT DISTINCT page.id
    FROM activation_enforcement_segment AS segment
    CROSS JOIN unnest(%s::bytea[], %s::int[]) AS wanted (key, head)
    JOIN activation_enforcement_page AS page
        ON page.segment_id = segment.id AND page.bucket = wanted.head >> (24 - segment.bits)
    WHERE segment.holding_id = %s AND segment.run_id = COALESCE(%s, segment.run_id)
        AND (%s::timestamptz IS NULL OR segment.held_at < %s)
        AND position(wanted.key IN page.keys) > 0
"""
_HEAD_SIZE = 3
"""Bytes of a key that say in which page it may be: as many as the most bits of a segment take."""


@transaction.atomic
def forget(*, holding_id: int, gone: Collection[Name], held_before: datetime | None = None) -> int:
    """Forget these members of a holding: the destination does not hold them any more. Return from how many
    places they were taken.

    `held_before`: in what was held before that moment only. Whoever takes people out names the moment before
    which that began: a delivery that ended later may have put them there again.

    Part of the caller's transaction, where there is one. What other calls change meanwhile is kept.

    :raises KeyUnreadable, KeysUnavailable: if the holding's key cannot be had.
    """
    return _forget(holding_id, frozenset(gone), run_id=None, held_before=held_before)


@transaction.atomic
def forget_in_run(*, run_id: UUID, refs: Collection[str]) -> int:
    """Forget these people in one run's segment alone: their rows were taken back; else as `forget`."""
    found = Segment.objects.filter(run_id=run_id).order_by("pk").values_list("holding_id", flat=True).first()
    if found is None or not refs:
        return 0
    return _forget(found, frozenset((ref, ()) for ref in refs), run_id=run_id)


def _forget(
    holding_id: int, gone: frozenset[Name], *, run_id: UUID | None, held_before: datetime | None = None
) -> int:
    keys = list_keys(gone)
    if not keys:
        return 0
    writing.share_holding(holding_id)
    sealer = get_sealer(Holding.objects.get(pk=holding_id))
    fewer: defaultdict[int, set[Name]] = defaultdict(set)
    for page in lock_pages(holding_id, keys, run_id=run_id, held_before=held_before):
        fewer[page.segment_id] |= _forget_on(page, sealer, gone, keys)
    for segment_id, names in sorted(fewer.items()):
        Segment.objects.filter(pk=segment_id).update(members=F("members") - len(names))
    return sum(map(len, fewer.values()))


def list_keys(names: Iterable[Name]) -> frozenset[bytes]:
    """Return what these members are found by."""
    return frozenset(key for ref, keys in names for key in ([key_of_ref(ref)] if ref else keys))


def lock_pages(
    holding_id: int,
    keys: Collection[bytes],
    *,
    run_id: UUID | None = None,
    held_before: datetime | None = None,
) -> list[Page]:
    """Return the pages where these may be, locked in the order that everybody locks them in."""
    wanted = sorted(keys)
    heads = [int.from_bytes(key[:_HEAD_SIZE], "big") for key in wanted]
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [wanted, heads, holding_id, run_id, held_before, held_before])
        found = [page_id for (page_id,) in cursor.fetchall()]
    return list(Page.objects.select_for_update().filter(pk__in=found).order_by("pk"))


def _forget_on(page: Page, sealer: Sealer, gone: frozenset[Name], keys: frozenset[bytes]) -> set[Name]:
    """Rewrite a page without those, and return who was on it."""
    here = bytes(page.keys)
    try:
        plain = sealer.open_page(
            bytes(page.sealed), segment_id=page.segment_id, bucket=page.bucket, keys=here
        )
    except MembershipUnreadable:
        writing.strip_keys(page, keys)
        return set()
    members = list(content.read_page(here, plain))
    kept = [(key, member) for key, member in members if member.name not in gone]
    if len(kept) < len(members):
        new_keys, new_content, due_at = content.write_page(kept)
        writing.rewrite_page(
            page, sealer, keys=new_keys, content=new_content, due_at=due_at, world=page.world
        )
    return {member.name for _, member in members}.intersection(gone)
