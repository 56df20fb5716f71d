"""Sending again: a part of the ledger, or one message that was parked.

A replay is a way of its own, beside the subscription's: what is new goes on meanwhile, and waits for no
replay. Its messages have the ids, and byte for byte the bodies, that they had when they went out first.
"""

from django.db import transaction

from activation.changes.models import ParkedMessage, Replay, Subscription
from activation.changes.subscribing import lock_subscription, tell
from activation.changes.types import (
    MessageNotParked,
    PositionOutOfRange,
    SubscriptionNotActive,
    SubscriptionState,
)


def replay_changes(*, slug: str, begin: int, until: int | None, asked_by: str) -> int:
    """Have the changes from index `begin` up to `until`, which is not in it, go out again; return its id.

    Without `until`: up to where the subscription is now. What is beyond goes out by itself, once.

    :raises SubscriptionNotFound: if there is none. :raises SubscriptionNotActive: if nothing may go out.
    :raises PositionOutOfRange: if there is nothing between, or `until` lies beyond the position.
    """
    with transaction.atomic():
        row = lock_subscription(slug)
        return _start(row, begin, row.position if until is None else until, asked_by)


def replay_parked(*, message_id: int, asked_by: str) -> int:
    """Have one parked message go out again, with as many tries as at first; return the replay's id.

    :raises MessageNotParked: if there is no such message, or it was taken since.
    :raises SubscriptionNotActive: if nothing may go out.
    """
    with transaction.atomic():
        waiting = ParkedMessage.objects.select_for_update(of=("self",)).select_related("subscription")
        message = waiting.filter(pk=message_id, parked_at__isnull=False, taken_at__isnull=True).first()
        if message is None:
            raise MessageNotParked("there is no such message, or the receiver has it by now")
        message.tries, message.parked_at = 0, None
        message.save(update_fields=["tries", "parked_at"])
        row = lock_subscription(message.subscription.slug)
        return _start(row, message.index, message.index + 1, asked_by)


def _start(row: Subscription, begin: int, until: int, asked_by: str) -> int:
    if row.state != SubscriptionState.ACTIVE:
        raise SubscriptionNotActive("resume the subscription first: nothing goes out while it is paused")
    if not 0 <= begin < until <= max(row.position, *(index + 1 for index in row.ahead or [-1])):
        raise PositionOutOfRange(
            f"a replay goes from a position to a later one, up to {row.position}: the rest goes out by itself"
        )
    replay = Replay.objects.create(
        subscription=row, begin=begin, until=until, position=begin, asked_by=asked_by
    )
    tell("subscription_replayed", row, asked_by, **{"from": begin, "to": until})
    return replay.pk
