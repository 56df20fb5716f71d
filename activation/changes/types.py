"""Values that describe subscriptions to consent changes. Pure: no Django, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, auto
from typing import Any

from consent.kernel.errors import AccordantError

SLUG = r"[a-z][a-z0-9-]{0,63}"
"""The form of a subscription's slug: it stands in messages' ids, where a dot would be ambiguous."""


class SubscriptionNotFound(AccordantError):
    """No subscription has this slug."""

    code = "subscription_not_found"
    status = 404


class SubscriptionAlreadyThere(AccordantError):
    """The slug is taken."""

    code = "subscription_already_there"
    status = 409


class MalformedSubscription(AccordantError):
    """The slug, the title, a purpose, the signing secret or a position is not one."""

    code = "malformed_subscription"


class SubscriptionKindUnknown(AccordantError):
    """No kind of subscription has this slug."""

    code = "subscription_kind_unknown"


class PositionOutOfRange(AccordantError):
    """A replay goes from a position to a later one, and no further than the subscription itself has come."""

    code = "position_out_of_range"
    status = 409


class SubscriptionNotActive(AccordantError):
    """The subscription is paused or disabled."""

    code = "subscription_not_active"
    status = 409


class SubscriptionNotSigned(AccordantError):
    """The subscription is none that signs its messages."""

    code = "subscription_not_signed"
    status = 409


class MessageNotParked(AccordantError):
    """There is no such message that waits for somebody to have it sent again."""

    code = "message_not_parked"
    status = 404


class SubscriptionState(StrEnum):
    """Whether changes go out."""

    ACTIVE = "active"
    PAUSED = "paused"  # by an officer
    DISABLED = "disabled"  # because the receiver said that it is gone


class Turn(StrEnum):
    """What one turn of delivering came to."""

    IDLE = auto()  # there is nothing to do, or somebody else does it, or it rests
    MORE = auto()  # go on at once
    AT_END = auto()  # all that there is has gone out
    PUT_OFF = auto()  # the receiver does not take it now
    FENCED = auto()  # the lease was over, and another worker has taken over: nothing was written
    ENDED = auto()  # the receiver is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One consent change as it goes out."""

    index: int
    """Its place in the ledger."""
    event_id: str
    type: str
    subjects: frozenset[str]
    """Whom it is about: changes of one subject go out in order."""
    purpose: str | None
    """None: every subscription gets it."""
    body: bytes = field(repr=False)
    """The message, byte for byte the same whenever it is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A receiver's refusal of one message, which the same again would meet again."""

    event_id: str
    index: int
    status: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionView:
    """A subscription as it is shown. Nothing secret is in it."""

    slug: str
    title: str
    kind: str
    settings: Mapping[str, Any]
    purposes: tuple[str, ...]
    state: SubscriptionState
    reason: str
    position: int
    """Everything in the ledger before it has gone out, or is parked."""
    feed_size: int
    behind_since: datetime | None
    """When the first entry that has not gone out was recorded; None: all have."""
    last_success_at: datetime | None
    last_error: str
    next_attempt_at: datetime | None
    failures: int
    parked: int
    replays: int
    """Replays that are under way."""
    offsets: Mapping[str, int]
    """Of a topic: by partition, the offset up to which it is read to know everything before `position`."""

    @property
    def lag(self) -> int:
        """How many entries of the ledger are still to be looked at."""
        return max(self.feed_size - self.position, 0)

    @property
    def advice(self) -> str:
        """What an operator may do now, in words; empty if nothing."""
        if self.state is SubscriptionState.DISABLED:
            return "The receiver said that it is gone. Connect it anew: it goes on where it was."
        if self.state is SubscriptionState.PAUSED:
            return "It was paused by hand. Resume it: nothing is lost meanwhile."
        if self.failures:
            return (
                "The receiver does not take messages now. Look at it, and at the error here; it is tried"
                " again for ever, and nothing is lost."
            )
        return "Look at the parked messages, and have them sent again." if self.parked else ""
