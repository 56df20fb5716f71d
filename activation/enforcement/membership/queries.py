"""Reads of what destinations hold."""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Min, Q, Sum

from activation.enforcement.membership import content
from activation.enforcement.membership.keys import (
    key_of_ref,
    keys_of_stranger,
    keys_of_subjects,
    to_key,
)
from activation.enforcement.membership.models import Holding, Page, Segment
from activation.enforcement.membership.sealing import MembershipUnreadable, get_sealer
from activation.enforcement.membership.types import (
    DuePage,
    HeldMember,
    HoldingSummary,
    Member,
    SegmentState,
)
from consent.subjects.types import Identifier, IdentifierKind, SubjectRef

_FOUND = """
    SELECT page.segment_id, page.bucket, page.keys, page.sealed, array_agg(wanted.key)
    FROM activation_enforcement_segment AS segment
    CROSS JOIN unnest(%s::bytea[], %s::int[], %s::bool[]) AS wanted (key, head, of_stranger)
    JOIN activation_enforcement_page AS page
        ON page.segment_id = segment.id AND page.bucket = wanted.head >> (24 - segment.bits)
    WHERE position(wanted.key IN page.keys) > 0 AND (segment.has_strangers OR NOT wanted.of_stranger)
        AND segment.run_id = COALESCE(%s, segment.run_id)
    GROUP BY page.id
    ORDER BY page.segment_id, page.bucket
"""
_DUE = """
    SELECT page.id FROM activation_enforcement_page AS page
    WHERE page.id IN (
        (SELECT page.id FROM activation_enforcement_page AS page
            JOIN activation_enforcement_segment AS segment ON segment.id = page.segment_id
            WHERE page.due_at <= now() AND state = 'held' ORDER BY due_at, page.id LIMIT %(looked_at)s)
        UNION
        (SELECT page.id FROM activation_enforcement_page AS page
            JOIN activation_enforcement_segment AS segment ON segment.id = page.segment_id
            WHERE page.world < %(world)s AND state = 'held' ORDER BY world, page.id LIMIT %(looked_at)s)
        UNION
        (SELECT page.id FROM activation_enforcement_page AS page
            JOIN activation_enforcement_segment AS segment ON segment.id = page.segment_id
            WHERE page.world > %(world)s AND state = 'held' ORDER BY world, page.id LIMIT %(looked_at)s)
    )
    ORDER BY page.id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""
_WORKERS = 16  # so many can have pages of their own at once
_HEAD_SIZE = 3
_PAGES_AT_ONCE = 64
_log = logging.getLogger(__name__)

_Found = tuple[int, int, bytes, bytes, list[bytes]]


def list_held(refs: Collection[SubjectRef]) -> list[HeldMember]:
    """Return where any of `refs` is held, sent as themselves or as strangers who became known as one of them.

    A person sent in several segments is returned for each, a stranger for each reference that leads there.
    What a destination was told stays: an identifier
    that is not theirs any more is what they are held by there. Three statements and those of the keys.

    A page that does not open is counted as holding whom it finds, with `is_readable` False, and logged.

    :raises KeyUnreadable, KeysUnavailable: if a holding's key cannot be had.
    """
    wanted: dict[bytes, str] = {key_of_ref(ref): ref for ref in refs}
    strangers: Mapping[bytes, str] = {}
    if Segment.objects.filter(has_strangers=True).exists():
        strangers = keys_of_subjects(refs)
    return list(_find(wanted, strangers, run_id=None))


def list_held_strangers(identifiers: Collection[Identifier]) -> list[HeldMember]:
    """Return where anybody is held as a stranger whom one of `identifiers` names.

    :raises KeyUnreadable, KeysUnavailable: if a holding's key cannot be had.
    """
    if not identifiers or not Segment.objects.filter(has_strangers=True).exists():
        return []
    keys = {to_key(number): "" for number in keys_of_stranger(identifiers)}
    return [one for one in _find({}, keys, run_id=None) if not one.member.ref]


def list_held_in_run(run_id: UUID, refs: Collection[str]) -> list[HeldMember]:
    """Return who of `refs` is in the segment of one run, sent as themselves."""
    return list(_find({key_of_ref(ref): ref for ref in refs}, {}, run_id=run_id))


def _find(
    wanted: Mapping[bytes, str], strangers: Mapping[bytes, str], *, run_id: UUID | None
) -> Iterator[HeldMember]:
    keys = {**strangers, **wanted}
    rows = _look_up(list(keys), [key not in wanted for key in keys], run_id=run_id)
    segments = Segment.objects.select_related("holding").in_bulk({row[0] for row in rows})
    for segment_id, bucket, here, sealed, found in rows:
        segment = segments.get(segment_id)
        if segment is None:
            continue  # it went between the two statements
        for key, member in _open(segment, bucket, here, sealed, found):
            ref = keys[key]
            if member is not None and member.ref and member.ref != ref:
                continue  # another's key is the same
            yield HeldMember(
                holding=segment.holding.as_held(),
                segment_id=segment_id,
                is_sending=segment.state == SegmentState.SENDING,
                columns=columns_of(segment),
                found_by=ref,
                member=member or Member(ref=ref),
                is_readable=member is not None,
                sent_at=segment.held_at or segment.created_at,
            )


def _look_up(keys: Sequence[bytes], of_strangers: Sequence[bool], *, run_id: UUID | None) -> list[_Found]:
    heads = [int.from_bytes(key[:_HEAD_SIZE], "big") for key in keys]
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, [list(keys), heads, list(of_strangers), run_id])
        return [
            (segment_id, bucket, bytes(here), bytes(sealed), [bytes(key) for key in found])
            for segment_id, bucket, here, sealed, found in cursor.fetchall()
        ]


def _open(
    segment: Segment, bucket: int, keys: bytes, sealed: bytes, found: Sequence[bytes]
) -> list[tuple[bytes, Member | None]]:
    """Return the members that the keys found lead to; None for one if the page does not open."""
    try:
        plain = get_sealer(segment.holding).open_page(sealed, segment_id=segment.pk, bucket=bucket, keys=keys)
    except MembershipUnreadable:
        _log.error(
            "page %d of segment %d does not open: whom it finds is counted as held", bucket, segment.pk
        )
        return [(key, None) for key in found]
    return list(content.read_found(keys, plain, found))


def columns_of(segment: Segment) -> Mapping[IdentifierKind, str]:
    """Return the destination's columns, by the kind of identifier they carry."""
    return {IdentifierKind(kind): column for kind, column in segment.identifiers.items()}


def list_due_pages(*, world: str, limit: int) -> list[DuePage]:
    """Return some of the pages that are due: an allow ended, or other rules than `world`'s decided them.

    They are held until the transaction ends, and none that another worker holds is among them: any number
    may decide at once. Settle each, else it comes again. Those of deliveries that have not ended wait. Due is
    by the database's clock.

    :raises KeyUnreadable, KeysUnavailable: if a holding's key cannot be had.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"world": world, "limit": limit, "looked_at": limit * _WORKERS})
        found = [page_id for (page_id,) in cursor.fetchall()]
    return list_pages(found)


def list_pages(page_ids: Collection[int]) -> list[DuePage]:
    """Return these pages, due or not, as `list_due_pages` does; nobody is kept from changing them.

    :raises KeyUnreadable, KeysUnavailable: if a holding's key cannot be had.
    """
    pages = Page.objects.select_related("segment__holding").filter(pk__in=page_ids).order_by("pk")
    return [_read_due(page) for page in pages]


def _read_due(page: Page) -> DuePage:
    members = _read_members(page)
    return DuePage(
        page_id=page.pk,
        holding=page.segment.holding.as_held(),
        segment_id=page.segment_id,
        columns=columns_of(page.segment),
        members=tuple({member.name: member for _, member in members or ()}.values()),
        is_readable=members is not None,
    )


def _read_members(page: Page) -> list[tuple[bytes, Member]] | None:
    """Return who is on the page; None if it does not open."""
    keys, sealer = bytes(page.keys), get_sealer(page.segment.holding)
    try:
        plain = sealer.open_page(
            bytes(page.sealed), segment_id=page.segment_id, bucket=page.bucket, keys=keys
        )
    except MembershipUnreadable:
        _log.error("page %d of segment %d does not open", page.bucket, page.segment_id)
        return None
    return list(content.read_page(keys, plain))


def read_members(holding_id: int) -> Iterator[Member]:
    """Yield everybody whom a destination holds, each once, in the order of their keys and in bounded memory.

    To be called in one consistent view, or while nobody sends.

    :raises MembershipUnreadable: if a page does not open: others may be read, but not everybody.
    :raises KeyUnreadable, KeysUnavailable: if the holding's key cannot be had.
    """
    segments = list(Segment.objects.select_related("holding").filter(holding=holding_id).order_by("pk"))
    bits = min((segment.bits for segment in segments), default=0)
    for part in range(1 << bits):
        yield from _read_part(segments, bits, part)


def _read_part(segments: Sequence[Segment], bits: int, part: int) -> Iterator[Member]:
    """Yield those whose first key begins with these bits, from all segments."""
    found: dict[Any, Member] = {}
    for segment in segments:
        finer = segment.bits - bits
        pages = Page.objects.filter(
            segment=segment, bucket__gte=part << finer, bucket__lt=(part + 1) << finer
        )
        for page in pages.order_by("bucket").iterator(_PAGES_AT_ONCE):
            page.segment = segment
            members = _read_members(page)
            if members is None:
                raise MembershipUnreadable("a page of the holding does not open: not everybody can be listed")
            for key, member in members:
                if key == content.keys_of(member)[0]:  # a stranger lies under several
                    found[member.name] = (
                        content.merge(found[member.name], member) if member.name in found else member
                    )
    yield from (found[name] for name in sorted(found))


def count_members(holding_id: int) -> int:
    """Return how many people a destination holds. Whoever is in several segments counts for each."""
    return Segment.objects.filter(holding=holding_id).aggregate(Sum("members"))["members__sum"] or 0


def list_holdings() -> list[HoldingSummary]:
    """Return all holdings, in figures, by destination and audience."""
    pages = {
        row["segment__holding"]: (row["due"], row["unreadable"])
        for row in Page.objects.values("segment__holding").annotate(
            due=Min("due_at"), unreadable=Count("pk", filter=Q(is_readable=False))
        )
    }
    rows = Holding.objects.annotate(
        people=Sum("segments__members"),
        count=Count("segments"),
        sending=Count("segments", filter=Q(segments__state=SegmentState.SENDING)),
        last=Max("segments__held_at"),
    )
    return [
        HoldingSummary(
            holding=row.as_held(),
            members=row.people or 0,
            segments=row.count,
            is_sending=row.sending > 0,
            last_held_at=row.last,
            due_at=pages[row.pk][0] if row.pk in pages else None,
            unreadable_pages=pages[row.pk][1] if row.pk in pages else 0,
        )
        for row in rows.order_by("destination", "audience", "purpose", "controller", "pk")
    ]
