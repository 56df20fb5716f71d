"""Subscriptions, and changes for them, for the tests of consent changes."""

from typing import Any

from activation.changes import services
from activation.changes.models import Replay, Subscription
from activation.changes.types import Turn
from consent.records.types import Recorded
from tests.fakes.change_receiver import SECRET, ChangeReceiver
from tests.ledger_world import sequence_all
from tests.records_world import JUNE_1, make_choice, make_new_row, record_all

SLUG = "crm"


def subscribe(receiver: ChangeReceiver | None, slug: str = SLUG, **changes: Any) -> Subscription:
    """Connect a webhook at the receiver, from the ledger's beginning."""
    url = receiver.url + "/in" if receiver else "https://192.0.2.1/in"
    asked = {
        "slug": slug,
        "title": "The CRM",
        "kind": "webhook",
        "settings": {"url": url, "timeout_seconds": 3, **changes.pop("settings", {})},
        "secrets": {"signing_secret": SECRET},
        "position": 0,
        **changes,
    }
    services.connect_subscription(
        asked=services.NewSubscription(**asked), changed_by="officer", at=JUNE_1, in_place=True
    )
    return Subscription.objects.get(slug=slug)


def record(*people: str, **choice: Any) -> list[Recorded]:
    """Record one choice of each of `people`, and give every event its place."""
    found = record_all(*(make_new_row(one, choices=[make_choice(**choice)], facts=[]) for one in people))
    sequence_all()
    return found


def withdraw(*people: str, purpose: str = "marketing.email") -> list[Recorded]:
    """Record a withdrawal of each of `people`."""
    return record(*people, choice="withdrawn", purpose=purpose, effective_at="2026-02-01T10:00:00Z")


def deliver(slug: str = SLUG) -> Turn:
    """Deliver until a turn does not ask for another, and return what that one came to."""
    while (turn := services.take_turn(slug=slug, monotonic=lambda: 0.0)) is Turn.MORE:
        pass
    return turn


def replay(slug: str = SLUG) -> Turn:
    """Deliver what is to be replayed."""
    while (turn := services.take_replay_turn(slug=slug, monotonic=lambda: 0.0)) is Turn.MORE:
        pass
    return turn


def rest(slug: str = SLUG) -> None:
    """Let the time pass that the subscription is to wait."""
    Subscription.objects.filter(slug=slug).update(next_attempt_at=None)
    Replay.objects.filter(subscription__slug=slug).update(next_attempt_at=None)
