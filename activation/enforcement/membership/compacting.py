"""Putting segments of a holding together, so that a look-up does not have to look into too many.

By and by: a transaction moves everybody whose key begins with the same bits, while nobody changes the
holding.
"""

from collections.abc import Sequence
from uuid import uuid4

from django.db import transaction
from django.db.models import F, Max

from activation.enforcement.membership import content, writing
from activation.enforcement.membership.models import Holding, Page, Segment
from activation.enforcement.membership.paging import choose_bits, draft_pages
from activation.enforcement.membership.sealing import MembershipUnreadable, Sealer, get_sealer
from activation.enforcement.membership.types import Member, Name, SegmentState

MOST_SEGMENTS = 8
_MUCH_LARGER = 4
Placed = dict[tuple[bytes, Name], Member]


def compact(holding_id: int) -> int:
    """Put held segments of the holding together while it has more than `MOST_SEGMENTS`; return how many went.

    Nobody is lost and nobody twice there if it dies half-way: what was moved is moved, and the next call goes
    on. Small ones go together first, so that a large one is not rewritten for a few people. Segments whose
    columns differ stay apart, and so does a page that does not open.

    :raises KeyUnreadable, KeysUnavailable: if the holding's key cannot be had.
    """
    gone = 0
    while sources := _choose(holding_id):
        target = _open_target(sources)
        if target is None:
            return gone
        bits = min(segment.bits for segment in sources)
        if not all(_move(sources, target, bits, part) for part in range(1 << bits)):
            return gone
        gone += _end(sources, target)
    return gone


def compact_all() -> int:
    """Put together what is in too many segments, and remove empty ones; return how many segments went."""
    gone = 0
    for holding_id in Holding.objects.order_by("pk").values_list("pk", flat=True):
        gone += _remove_empty(holding_id) + compact(holding_id)
    return gone


@transaction.atomic
def _remove_empty(holding_id: int) -> int:
    writing.hold_holding(holding_id)
    empty = Segment.objects.filter(holding=holding_id, state=SegmentState.HELD, pages__isnull=True)
    gone = list(empty.values_list("pk", flat=True))
    Segment.objects.filter(pk__in=gone).delete()
    return len(gone)


def _choose(holding_id: int) -> list[Segment]:
    """Return segments to put together: of like sizes, the smallest first; none if few are left."""
    held = Segment.objects.filter(holding=holding_id, state=SegmentState.HELD)
    whole = held.exclude(pages__is_readable=False).order_by("members", "pk")
    groups: dict[str, list[Segment]] = {}
    for segment in whole:
        groups.setdefault(repr(sorted(segment.identifiers.items())), []).append(segment)
    for group in groups.values():
        if len(group) > MOST_SEGMENTS:
            return _take_alike(group)
    return []


def _take_alike(group: Sequence[Segment]) -> list[Segment]:
    for start in range(len(group) - 1):
        taken, members = [group[start]], max(1, group[start].members)
        for segment in group[start + 1 :]:
            if segment.members > _MUCH_LARGER * members:
                break
            taken.append(segment)
            members += segment.members
        if len(taken) > 1:
            return taken
    return list(group[:2])


@transaction.atomic
def _open_target(sources: Sequence[Segment]) -> Segment | None:
    """Make the segment that the others go into, empty; None if one of them has gone meanwhile."""
    holding_id = sources[0].holding_id
    writing.hold_holding(holding_id)
    found = Segment.objects.filter(pk__in=[segment.pk for segment in sources], state=SegmentState.HELD)
    if found.count() != len(sources):
        return None
    times = found.aggregate(created=Max("created_at"), held=Max("held_at"))
    target = Segment.objects.create(
        holding_id=holding_id,
        run_id=uuid4(),
        state=SegmentState.HELD,
        bits=max(choose_bits(sum(one.members for one in sources)), min(one.bits for one in sources)),
        identifiers=sources[0].identifiers,
        has_strangers=any(segment.has_strangers for segment in sources),
    )
    Segment.objects.filter(pk=target.pk).update(created_at=times["created"], held_at=times["held"])
    return target


@transaction.atomic
def _move(sources: Sequence[Segment], target: Segment, bits: int, part: int) -> bool:
    """Move everybody whose key begins with these `bits`; return whether all segments were still there."""
    writing.hold_holding(target.holding_id)
    alive = Segment.objects.filter(pk__in=[target.pk, *(segment.pk for segment in sources)])
    if alive.count() != len(sources) + 1:
        return False
    sealer = get_sealer(Holding.objects.get(pk=target.holding_id))
    pages = [page for segment in sources for page in _list_pages(segment, bits, part)]
    members: Placed = {}
    moved = [page for page in pages if _gather(page, sealer, members)]
    worlds = {page.world for page in moved}
    world = worlds.pop() if len(worlds) == 1 else ""
    drafts = draft_pages(((key, member) for (key, _), member in members.items()), bits=target.bits)
    writing.copy_pages(target, sealer, drafts, world=world)
    Page.objects.filter(pk__in=[page.pk for page in moved]).delete()
    here = sum(key == content.keys_of(member)[0] for (key, _), member in members.items())
    Segment.objects.filter(pk=target.pk).update(members=F("members") + here)
    return True


@transaction.atomic
def _end(sources: Sequence[Segment], target: Segment) -> int:
    """Remove the segments that are empty now, and return how many."""
    writing.hold_holding(target.holding_id)
    empty = Segment.objects.filter(pk__in=[one.pk for one in sources], pages__isnull=True)
    gone = list(empty.values_list("pk", flat=True))
    Segment.objects.filter(pk__in=gone).delete()
    return len(gone)


def _list_pages(segment: Segment, bits: int, part: int) -> Sequence[Page]:
    finer = segment.bits - bits
    pages = Page.objects.filter(segment=segment, bucket__gte=part << finer, bucket__lt=(part + 1) << finer)
    return list(pages.order_by("bucket"))


def _gather(page: Page, sealer: Sealer, members: Placed) -> bool:
    """Add who is on the page to `members`; return False if it does not open."""
    keys = bytes(page.keys)
    try:
        plain = sealer.open_page(
            bytes(page.sealed), segment_id=page.segment_id, bucket=page.bucket, keys=keys
        )
    except MembershipUnreadable:
        Page.objects.filter(pk=page.pk).update(is_readable=False)
        return False
    for key, member in content.read_page(keys, plain):
        place = key, member.name
        members[place] = content.merge(members[place], member) if place in members else member
    return True
