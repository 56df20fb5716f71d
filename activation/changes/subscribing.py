"""Writes that connect, change and end subscriptions. Each is an event in the ledger's audit stream.

The ledger learns a digest of the settings and the names of the credentials, never what they are.
"""

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import IntegrityError, transaction

from activation.changes.credentials import OVERLAP, make_signing_secret, seal_all, store
from activation.changes.kinds import (
    SIGNING_SECRET,
    TOPIC,
    WEBHOOK,
    SubscriptionKind,
    check_secrets,
    check_signing_secret,
    find_kind,
)
from activation.changes.models import Subscription
from activation.changes.types import (
    SLUG,
    MalformedSubscription,
    SubscriptionAlreadyThere,
    SubscriptionNotFound,
    SubscriptionNotSigned,
    SubscriptionState,
)
from activation.destinations import queries as destinations
from activation.destinations.kinds.settings import read_settings
from consent.kernel import canonical
from consent.ledger import queries as ledger_queries
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream
from consent.network.hosts import read_url
from consent.network.resolving import NameNotResolved, check_host, check_web
from consent.records import queries as records
from consent.records.types import ANY_PURPOSE

_SLUG = re.compile(SLUG, re.ASCII)
_LONGEST_TITLE, _LONGEST_REASON, _MOST_PURPOSES = 200, 500, 200
LONGEST_OVERLAP = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscription:
    """A subscription as it is asked for."""

    slug: str
    title: str
    kind: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    purposes: Sequence[str] = ()
    """Empty: all."""
    position: int | None = None
    """Where in the ledger to begin. None: a webhook at its end, a topic at its beginning."""


def connect_subscription(
    *, asked: NewSubscription, changed_by: str, at: datetime, in_place: bool = False
) -> str:
    """Make the subscription, and return the secret that it signs with if one was made here, else "".

    With `in_place`, one of that slug is connected anew: settings, purposes and every credential take the
    place of what was there, and it goes on where it was, unless a position is given.

    :raises MalformedSubscription, MalformedSettings, SubscriptionKindUnknown: if it is not asked for rightly.
    :raises AddressRefused: if nobody may be at that address.
    :raises SubscriptionAlreadyThere: if the slug is taken, by another kind if `in_place`.
    :raises KeysUnavailable: if credentials cannot be sealed now.
    """
    kind = find_kind(asked.kind)
    settings = read_settings(kind, asked.settings)
    _check_names(asked)
    check_purposes(asked.purposes, at=at)
    made = make_signing_secret() if kind is WEBHOOK and not asked.secrets.get(SIGNING_SECRET) else ""
    secrets = {**asked.secrets, SIGNING_SECRET: made} if made else dict(asked.secrets)
    check_secrets(kind, settings, secrets)
    _check_address(kind, settings)
    sealed = seal_all(asked.slug, secrets)
    with transaction.atomic():
        row = _find_or_make(asked, kind, in_place=in_place)
        row.title, row.settings = asked.title, msgspec.to_builtins(settings)
        row.purposes, row.state, row.reason = list(asked.purposes), SubscriptionState.ACTIVE, ""
        row.connected_at, row.connected_by = at, changed_by
        row.next_attempt_at, row.failures, row.last_error = None, 0, ""
        _save(row)
        row.secrets.all().delete()
        store(row, sealed, retire_others_at=None)
        digest = hashlib.sha256(canonical.dumps(row.settings)).hexdigest()
        told = {"kind": kind.slug, "settings_digest": digest, "credentials": sorted(secrets)}
        tell("subscription_connected", row, changed_by, **told, position=row.position)
    return made


def change_subscription(
    *,
    slug: str,
    changed_by: str,
    at: datetime,
    title: str | None = None,
    purposes: Collection[str] | None = None,
) -> None:
    """Give the subscription another title, or other purposes from its position on. None: as it was.

    :raises SubscriptionNotFound: if there is none. :raises MalformedSubscription: if one of them is not one.
    """
    with transaction.atomic():
        row, changed = lock_subscription(slug), []
        if title is not None:
            _check_title(title)
            row.title = title
            changed.append("title")
        if purposes is not None:
            check_purposes(purposes, at=at)
            row.purposes = list(purposes)
            changed.append("purposes")
        row.save(update_fields=changed)
        tell("subscription_changed", row, changed_by, changed=changed)


def pause_subscription(*, slug: str, reason: str, changed_by: str) -> None:
    """Let nothing go out until it is resumed. What is on its way still arrives. Paused twice is as once.

    :raises SubscriptionNotFound: if there is none. :raises MalformedSubscription: if there is no reason.
    """
    if not 1 <= len(reason.strip()) <= _LONGEST_REASON:
        raise MalformedSubscription(f"give a reason of at most {_LONGEST_REASON} characters")
    with transaction.atomic():
        row = lock_subscription(slug)
        row.state, row.reason = SubscriptionState.PAUSED, reason.strip()
        row.save(update_fields=["state", "reason"])
        tell("subscription_paused", row, changed_by)


def resume_subscription(*, slug: str, changed_by: str) -> None:
    """Let changes go out again, at once, from where it stopped; also after it was disabled, or rests.

    :raises SubscriptionNotFound: if there is none.
    """
    with transaction.atomic():
        row = lock_subscription(slug)
        row.state, row.reason, row.next_attempt_at = SubscriptionState.ACTIVE, "", None
        row.save(update_fields=["state", "reason", "next_attempt_at"])
        row.replays.filter(ended_at__isnull=True).update(next_attempt_at=None)
        tell("subscription_resumed", row, changed_by)


def rotate_secret(
    *, slug: str, changed_by: str, at: datetime, secret: str = "", overlap: timedelta = OVERLAP
) -> str:
    """Sign with another secret from now on, and with the old one too for `overlap`; return one made here.

    :raises SubscriptionNotFound: if there is none. :raises SubscriptionNotSigned: if it is no webhook.
    :raises MalformedSubscription: if it is no such secret, or the overlap is too long.
    :raises KeysUnavailable: if it cannot be sealed now.
    """
    made = "" if secret else make_signing_secret()
    check_signing_secret(secret or made)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise MalformedSubscription(f"the old secret serves at most {LONGEST_OVERLAP.days} days longer")
    sealed = seal_all(slug, {SIGNING_SECRET: secret or made})
    with transaction.atomic():
        row = lock_subscription(slug)
        if row.kind != WEBHOOK.slug:
            raise SubscriptionNotSigned("only webhooks sign their messages")
        store(row, sealed, retire_others_at=at + overlap)
        tell("subscription_secret_rotated", row, changed_by)
    return made


def check_purposes(purposes: Collection[str], *, at: datetime) -> None:
    """Return if each is a purpose of the policy in force, or above one, or `*`.

    :raises MalformedSubscription: otherwise: a slip of the pen would keep changes back for ever.
    """
    if len(purposes) > _MOST_PURPOSES:
        raise MalformedSubscription(f"name at most {_MOST_PURPOSES} purposes, or none for all")
    if not purposes:
        return
    known = records.get_vocabulary(at=at).purposes
    allowed = {ANY_PURPOSE, *known} | {
        purpose[:place] for purpose in known for place, letter in enumerate(purpose) if letter == "."
    }
    if not set(purposes) <= allowed:
        raise MalformedSubscription("the policy in force declares no such purpose, nor any below it")


def lock_subscription(slug: str) -> Subscription:
    """Return the subscription, locked until the transaction ends.

    :raises SubscriptionNotFound: if there is none.
    """
    found = Subscription.objects.select_for_update().filter(slug=slug).order_by("pk").first()
    if found is None:
        raise SubscriptionNotFound("no subscription has this slug")
    return found


def tell(event: str, subscription: Subscription, changed_by: str, **facts: object) -> None:
    """Append what happened to the ledger's audit stream."""
    body = {"subscription": subscription.slug, "changed_by": changed_by, **facts}
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry(event, body)])


def _check_names(asked: NewSubscription) -> None:
    if _SLUG.fullmatch(asked.slug) is None:
        raise MalformedSubscription(
            "a slug has 1 to 64 lower-case letters, digits and '-', the first a letter"
        )
    _check_title(asked.title)
    if asked.position is not None and not 0 <= asked.position <= ledger_queries.get_size():
        raise MalformedSubscription("begin at a position from 0 to the ledger's size")


def _check_title(title: str) -> None:
    if not 1 <= len(title.strip()) <= _LONGEST_TITLE or not title.isprintable():
        raise MalformedSubscription(f"a title has 1 to {_LONGEST_TITLE} characters")


def _check_address(kind: SubscriptionKind, settings: Any) -> None:
    """Return if somebody may be there. A name that leads nowhere now may later: it is looked at each time."""
    allow_local = destinations.get_surroundings().allow_local
    try:
        if kind is TOPIC:
            for server in settings.servers:
                host, _, port = server.rpartition(":")
                check_host(host, int(port), allow_local=allow_local)
        else:
            check_web(read_url(settings.url, allow_local=allow_local), allow_local=allow_local)
    except NameNotResolved:
        return


def _find_or_make(asked: NewSubscription, kind: SubscriptionKind, *, in_place: bool) -> Subscription:
    found = Subscription.objects.select_for_update().filter(slug=asked.slug).order_by("pk").first()
    if found is not None and (not in_place or found.kind != kind.slug):
        raise SubscriptionAlreadyThere("this slug is taken: choose another one")
    if found is None:
        start = ledger_queries.get_size() if kind is WEBHOOK else 0
        found = Subscription(slug=asked.slug, kind=kind.slug, position=start)
    elif asked.position is not None:
        found.attempts += 1  # who delivers now may not write over the position
        found.leased_until = None
    if asked.position is not None:
        found.position, found.ahead, found.offsets = asked.position, [], {}
    return found


def _save(row: Subscription) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise SubscriptionAlreadyThere("this slug is taken: choose another one") from error
