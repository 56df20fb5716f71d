"""Writes of what destinations hold. Whoever may be at a destination is in here, at every moment.

A run's segment is committed, as `sending`, before anything leaves; it is held when the run has ended, and
goes if nothing of it can have left. Every call locks what it changes: none can undo another.
"""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models.functions import Now

from activation.enforcement.membership import content, writing
from activation.enforcement.membership.compacting import compact, compact_all
from activation.enforcement.membership.forgetting import forget, forget_in_run, list_keys, lock_pages
from activation.enforcement.membership.gathering import Gathered
from activation.enforcement.membership.models import Holding, Page, Segment
from activation.enforcement.membership.paging import choose_bits, draft_pages
from activation.enforcement.membership.sealing import get_sealer, make_secret, name_secret, store_secret
from activation.enforcement.membership.settling import settle_members, settle_page
from activation.enforcement.membership.types import Member, SegmentState
from consent.keys import queries as key_queries
from consent.keys import services as key_services
from consent.subjects.types import IdentifierKind

__all__ = [
    "add_members",
    "compact",
    "compact_all",
    "drop_segment",
    "forget",
    "forget_in_run",
    "note_held",
    "open_holding",
    "recheck",
    "rewrap_holdings",
    "settle_members",
    "settle_page",
    "write_segment",
]


def open_holding(*, destination: str, audience: str, purpose: str, controller: str) -> int:
    """Return the holding of these, made with a data key of its own if there is none yet.

    :raises KeysUnavailable: if a key cannot be sealed now.
    """
    asked = {"destination": destination, "audience": audience, "purpose": purpose, "controller": controller}
    found = Holding.objects.filter(**asked).order_by("pk").values_list("pk", flat=True).first()
    if found is not None:
        return found
    made = Holding(**asked)
    make_secret(made)
    Holding.objects.bulk_create([made], ignore_conflicts=True)
    return Holding.objects.values_list("pk", flat=True).get(**asked)


@transaction.atomic
def write_segment(*, run_id: UUID, holding_id: int, gathered: Gathered, world: str) -> int:
    """Keep whom a run is about to send, as `sending`, in place of what it said before; return how many.

    Commit it before anything leaves, and look at the feed again after that.

    :raises KeyUnreadable, KeysUnavailable: if the holding's key cannot be had. Then nothing may leave.
    """
    Segment.objects.filter(run_id=run_id).delete()
    holding = Holding.objects.get(pk=holding_id)
    segment = _make_segment(
        holding,
        run_id,
        SegmentState.SENDING,
        bits=gathered.bits,
        members=gathered.members,
        has_strangers=gathered.strangers > 0,
        columns=gathered.columns,
    )
    writing.copy_pages(segment, get_sealer(holding), gathered.pages(), world=world)
    return gathered.members


def _make_segment(
    holding: Holding,
    run_id: UUID,
    state: SegmentState,
    *,
    bits: int,
    members: int,
    has_strangers: bool,
    columns: Mapping[IdentifierKind, str],
) -> Segment:
    return Segment.objects.create(
        holding=holding,
        run_id=run_id,
        state=state,
        bits=bits,
        members=members,
        has_strangers=has_strangers,
        identifiers={kind.value: column for kind, column in columns.items()},
    )


@transaction.atomic
def note_held(run_id: UUID, *, replaces: bool) -> None:
    """Record that the run's delivery has ended, and that its people are there or may be.

    `replaces`: it took the place of what the destination held before. Segments go that were held before this
    one began; others stay, since nobody knows which of two deliveries at one time came last.
    """
    segment = Segment.objects.filter(run_id=run_id).order_by("pk").first()
    if segment is None:
        return
    writing.hold_holding(segment.holding_id)
    held = Segment.objects.filter(holding=segment.holding_id, state=SegmentState.HELD)
    if replaces:
        held.filter(held_at__lt=segment.created_at).delete()
    Segment.objects.filter(pk=segment.pk, state=SegmentState.SENDING).update(
        state=SegmentState.HELD, held_at=Now()
    )


@transaction.atomic
def drop_segment(run_id: UUID) -> None:
    """Forget whom a run was about to send: nothing of it can have left."""
    Segment.objects.filter(run_id=run_id, state=SegmentState.SENDING).delete()


@transaction.atomic
def recheck(run_id: UUID, refs: Collection[str] | None = None) -> None:
    """Have these people of a run, or everybody, decided again by the sweep when its delivery has ended."""
    pages = Page.objects.filter(segment__run_id=run_id)
    if refs is not None:
        holding_id = Segment.objects.values_list("holding_id", flat=True).get(run_id=run_id)
        locked = lock_pages(holding_id, list_keys((ref, ()) for ref in refs), run_id=run_id)
        pages = pages.filter(pk__in=[page.pk for page in locked])
    pages.update(world="")


def decide_again(segment_ids: Collection[int]) -> None:
    """Have everybody in these segments decided again by the sweep."""
    Page.objects.filter(segment__in=segment_ids).update(world="")


@transaction.atomic
def add_members(
    *,
    destination: str,
    audience: str,
    purpose: str,
    controller: str,
    members: Sequence[Member],
    world: str,
    columns: Mapping[IdentifierKind, str] | None = None,
) -> int | None:
    """Keep whom a stream lets pass, as held; return the holding's id, or None where there is nobody.

    Commit it before they pass, and look at the feed again after that. `columns` are the destination's names
    for the identifiers; by default the kinds' own. Compact the holding now and then.

    :raises KeyUnreadable, KeysUnavailable: if the holding's key cannot be had.
    """
    if not members:
        return None
    holding = Holding.objects.get(
        pk=open_holding(destination=destination, audience=audience, purpose=purpose, controller=controller)
    )
    placed = _place(members)
    bits = choose_bits(len(placed))
    kinds = sorted({kind for member in members for kind in member.identifiers})
    segment = _make_segment(
        holding,
        uuid4(),
        SegmentState.HELD,
        bits=bits,
        members=len({member.name for member in members}),
        has_strangers=any(not member.ref for member in members),
        columns={kind: (columns or {}).get(kind, kind.value) for kind in kinds},
    )
    Segment.objects.filter(pk=segment.pk).update(held_at=Now())
    writing.copy_pages(segment, get_sealer(holding), draft_pages(placed, bits=bits), world=world)
    return holding.pk


def _place(members: Sequence[Member]) -> list[tuple[bytes, Member]]:
    return [(key, member) for member in members for key in content.keys_of(member)]


@transaction.atomic
def rewrap_holdings() -> int:
    """Wrap the data keys of all holdings under the newest master key; return how many there were to do.

    :raises KeyUnreadable: if one does not open: its master key is missing.
    :raises KeysUnavailable: if the wrapper cannot be asked now.
    """
    older = Holding.objects.filter(kek_version__lt=key_queries.get_newest_version())
    rows = list(older.select_for_update(no_key=True).order_by("pk"))
    for row in rows:
        store_secret(row, key_services.rewrap_secret(row.as_sealed(), name=name_secret(row)))
        row.save(update_fields=["kek_version", "wrapped"])
    return len(rows)
