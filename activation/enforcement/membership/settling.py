"""New ends for members who were decided again, and may stay."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from activation.enforcement.membership import content, writing
from activation.enforcement.membership.forgetting import list_keys, lock_pages
from activation.enforcement.membership.models import Holding, Page
from activation.enforcement.membership.sealing import MembershipUnreadable, Sealer, get_sealer
from activation.enforcement.membership.types import DuePage, Member, Name

Placed = list[tuple[bytes, Member]]


@transaction.atomic
def settle_page(
    due: DuePage, *, allowed: Mapping[Name, datetime | None], denied: Collection[Name], world: str
) -> bool:
    """Record what came of deciding a due page again, by the rules of `world`; return whether it is settled.

    Whoever is allowed gets the end of the new allow. Whoever is denied stays, without an end, until the
    suppression is acknowledged and they are forgotten. If somebody is on the page by now who was not decided,
    it comes again. A page that does not open is marked as such, and comes again when the rules change.

    :raises KeyUnreadable, KeysUnavailable: if the holding's key cannot be had.
    """
    writing.share_holding(due.holding.id)
    page = Page.objects.select_for_update().filter(pk=due.page_id).first()
    if page is None:
        return False
    sealer = get_sealer(Holding.objects.get(pk=due.holding.id))
    members = _read(page, sealer)
    if members is None:
        Page.objects.filter(pk=page.pk).update(world=world, due_at=None, is_readable=False)
        return True
    decided = {**dict.fromkeys(denied), **allowed}
    is_settled = all(member.name in decided for _, member in members)
    _write(page, sealer, members, decided, world=world if is_settled else page.world)
    return is_settled


@transaction.atomic
def settle_members(*, holding_id: int, ends: Mapping[Name, datetime | None]) -> int:
    """Give members who were decided again the ends of their new allows; return on how many pages.

    For those whom news is about and who may stay: their allow may end at another moment now. Part of the
    caller's transaction, where there is one.

    :raises KeyUnreadable, KeysUnavailable: if the holding's key cannot be had.
    """
    keys = list_keys(ends)
    if not keys:
        return 0
    writing.share_holding(holding_id)
    sealer = get_sealer(Holding.objects.get(pk=holding_id))
    changed = 0
    for page in lock_pages(holding_id, keys):
        members = _read(page, sealer)
        if members and any(member.ends_at != ends.get(member.name, member.ends_at) for _, member in members):
            _write(page, sealer, members, ends, world=page.world)
            changed += 1
    return changed


def _read(page: Page, sealer: Sealer) -> Placed | None:
    """Return who is on the page; None if it does not open."""
    keys = bytes(page.keys)
    try:
        plain = sealer.open_page(
            bytes(page.sealed), segment_id=page.segment_id, bucket=page.bucket, keys=keys
        )
    except MembershipUnreadable:
        return None
    return list(content.read_page(keys, plain))


def _write(
    page: Page, sealer: Sealer, members: Placed, ends: Mapping[Name, datetime | None], *, world: str
) -> None:
    now = [(key, replace(member, ends_at=ends.get(member.name, member.ends_at))) for key, member in members]
    keys, plain, due_at = content.write_page(now)
    writing.rewrite_page(page, sealer, keys=keys, content=plain, due_at=due_at, world=world)
