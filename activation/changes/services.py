"""Writes of this app: all that others may call."""

from collections.abc import Callable

from activation.changes.credentials import rewrap_secrets
from activation.changes.handing_over import check_subscription
from activation.changes.replaying import replay_changes, replay_parked
from activation.changes.subscribing import (
    NewSubscription,
    change_subscription,
    connect_subscription,
    lock_subscription,
    pause_subscription,
    resume_subscription,
    rotate_secret,
)
from activation.changes.turns import take_replay_turn, take_turn
from activation.changes.types import (
    MalformedSubscription,
    MessageNotParked,
    PositionOutOfRange,
    SubscriptionNotActive,
    Turn,
)
from activation.changes.waking import wake, wake_subscriptions

__all__ = [
    "MalformedSubscription",
    "MessageNotParked",
    "NewSubscription",
    "PositionOutOfRange",
    "SubscriptionNotActive",
    "change_subscription",
    "check_subscription",
    "connect_subscription",
    "deliver",
    "lock_subscription",
    "pause_subscription",
    "replay_changes",
    "replay_parked",
    "resume_subscription",
    "rewrap_secrets",
    "rotate_secret",
    "take_replay_turn",
    "take_turn",
    "wake",
    "wake_subscriptions",
]

_GO_ON = {Turn.MORE}


def deliver(*, slug: str, seconds: float, monotonic: Callable[[], float]) -> bool:
    """Hand over what the subscription has to send, for at most so many seconds; return whether more is left.

    What is new and what is replayed take turns. Safe at any moment to kill, and to run twice.
    """
    ends_at = monotonic() + seconds
    while True:
        turns = {
            take_turn(slug=slug, monotonic=monotonic),
            take_replay_turn(slug=slug, monotonic=monotonic),
        }
        if not turns & _GO_ON:
            return False
        if monotonic() > ends_at:
            return True
