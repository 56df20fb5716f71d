"""The policy and register in force, as one thing that pages are decided by; and since when that is so."""

from datetime import datetime

from activation.enforcement.suppression.finding.asking import Ground
from activation.enforcement.suppression.models import FeedPosition

_SEEN = "world_seen"


def note_world(ground: Ground) -> datetime:
    """Return since when the ground's world is in force, and remember it.

    That is when its policy took effect. If that was before another world was seen, the register has changed,
    and it is since now: when exactly, nobody noted.
    """
    world = bytes.fromhex(ground.world)
    row = FeedPosition.objects.filter(pk=_SEEN).order_by("pk").first()
    if row is not None and bytes(row.last_hash) == world:
        return row.moved_at
    taken_effect = ground.policy.in_force_from
    since = taken_effect if row is None or taken_effect > row.moved_at else ground.now
    FeedPosition.objects.update_or_create(name=_SEEN, defaults={"last_hash": world, "moved_at": since})
    return since
