"""Handing changes to whoever a subscription is for, by its kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks.webhooks import Webhook

from activation.changes.credentials import open_all
from activation.changes.kinds import PASSWORD, SIGNING_SECRET, WEBHOOK, WebhookSettings, find_kind
from activation.changes.messages import SubscriptionTested, write_message
from activation.changes.models import Subscription
from activation.changes.publishing import Publisher
from activation.changes.rules import id_of
from activation.changes.sending import Outcome, Sender, Verdict
from activation.changes.types import Change, Refusal, SubscriptionNotFound
from activation.destinations import queries as destinations
from activation.destinations.kinds.settings import read_settings
from consent.kernel.errors import AccordantError
from consent.ledger.types import rfc3339
from consent.network.client import GuardedClient, Limits, open_client
from consent.network.errors import DeliveryFailed, DeliveryRefused

Clock = Callable[[], Any]


@dataclass(slots=True)
class HandedOver:
    """What became of some changes."""

    taken: set[int] = field(default_factory=set)
    refused: list[Refusal] = field(default_factory=list)
    trouble: Outcome | None = None
    offsets: dict[str, int] = field(default_factory=dict)


def hand_over(
    subscription: Subscription,
    changes: Sequence[Change],
    *,
    index: int,
    is_over: Callable[[], bool],
    keep: Callable[[], bool],
) -> HandedOver | None:
    """Hand `changes` over, in their order, and return what became of them; None if the lease was lost.

    `index` is the last entry that they come from. `keep` prolongs the lease, and returns whether it could.
    """
    if not changes:
        return HandedOver()
    try:
        if subscription.kind == WEBHOOK.slug:
            settings: WebhookSettings = _read(subscription)
            sent = open_sender(subscription).send_all(changes, in_flight=settings.in_flight, is_over=is_over)
            return HandedOver(sent.taken, sent.refused, sent.trouble)
        offsets = _open_publisher(subscription).publish(changes, index=index, may_go_on=keep)
    except AccordantError as error:  # settings, keys or brokers: none of it is lost, and all of it is told
        return HandedOver(trouble=Outcome(verdict=Verdict.LATER, error=str(error)))
    return None if offsets is None else HandedOver({one.index for one in changes}, offsets=offsets)


def check_subscription(*, slug: str) -> None:
    """Send a message that tells nothing, or look whether the topic is there.

    :raises SubscriptionNotFound: if there is none.
    :raises DeliveryRefused, DeliveryFailed: if it is not taken; the message says what to do.
    """
    subscription = Subscription.objects.filter(slug=slug).order_by("pk").first()
    if subscription is None:
        raise SubscriptionNotFound("no subscription has this slug")
    if subscription.kind != WEBHOOK.slug:
        _open_publisher(subscription).check()
        return
    at, data = _clock()(), SubscriptionTested(subscription=subscription.slug)
    body = write_message("subscription.tested", rfc3339(at), data)
    sender = open_sender(subscription)
    with sender.open() as client:
        outcome = sender.send(client, id_of(subscription.slug, f"test_{int(at.timestamp() * 1000)}"), body)
    if outcome.verdict is not Verdict.TAKEN:
        error = DeliveryFailed if outcome.verdict is Verdict.LATER else DeliveryRefused
        raise error(outcome.error)


def open_sender(subscription: Subscription) -> Sender:
    """Return what signs the subscription's messages and sends them. It connects to nothing yet.

    :raises KeyUnreadable, KeysUnavailable: if the secret does not open.
    """
    settings: WebhookSettings = _read(subscription)
    clock, allow_local = _clock(), destinations.get_surroundings().allow_local
    seconds = settings.timeout_seconds
    limits = Limits(
        connect_seconds=seconds, read_seconds=seconds, write_seconds=seconds, total_seconds=seconds
    )

    def connect() -> GuardedClient:
        return open_client(settings.url, allow_local=allow_local, limits=limits)

    return Sender(
        slug=subscription.slug,
        signers=[Webhook(secret) for secret in open_all(subscription, SIGNING_SECRET, at=clock())],
        open=connect,
        clock=clock,
    )


def _open_publisher(subscription: Subscription) -> Publisher:
    clock = _clock()
    return Publisher(
        slug=subscription.slug,
        settings=_read(subscription),
        password=next(iter(open_all(subscription, PASSWORD, at=clock())), ""),
        purposes=subscription.purposes,
        allow_local=destinations.get_surroundings().allow_local,
        clock=clock,
    )


def _read(subscription: Subscription) -> Any:
    return read_settings(find_kind(subscription.kind), subscription.settings)


def _clock() -> Clock:
    clock = destinations.get_surroundings().clock
    if clock is None:
        raise DeliveryRefused("messages are signed with the time, and no clock was given: give one")
    return clock
