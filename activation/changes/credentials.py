"""The credentials of subscriptions: sealed, opened for delivering, changed with a time of overlap."""

import secrets as randomness
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from activation.changes.kinds import SECRET_PREFIX
from activation.changes.models import Subscription, SubscriptionSecret
from consent.keys import queries as key_queries
from consent.keys import services as keys
from consent.keys.types import SealedSecret

OVERLAP = timedelta(hours=24)
"""How long messages are signed with the old secret too, unless told otherwise."""
_BYTES = 32


def make_signing_secret() -> str:
    """Return a new secret that messages can be signed with."""
    return SECRET_PREFIX + b64encode(randomness.token_bytes(_BYTES)).decode()


def seal_all(slug: str, secrets: Mapping[str, str]) -> dict[str, SealedSecret]:
    """Return these credentials of the subscription, sealed.

    :raises KeysUnavailable: if they cannot be sealed now.
    """
    return {name: keys.seal_secret(secret, name=_name(slug, name)) for name, secret in secrets.items()}


def store(
    subscription: Subscription, sealed: Mapping[str, SealedSecret], *, retire_others_at: datetime | None
) -> None:
    """Keep `sealed` as the current ones; the others serve until then, or go at once if there is no time."""
    older = SubscriptionSecret.objects.filter(subscription=subscription, name__in=list(sealed))
    if retire_others_at is None:
        older.delete()
    else:
        older.filter(retires_at__isnull=False).delete()  # two are enough: the receiver has one of them
        older.update(retires_at=retire_others_at)
    SubscriptionSecret.objects.bulk_create(
        SubscriptionSecret(
            subscription=subscription,
            name=name,
            kek_version=one.version,
            wrapped=one.wrapped,
            sealed=one.sealed,
        )
        for name, one in sealed.items()
    )


def open_all(subscription: Subscription, name: str, *, at: datetime) -> list[str]:
    """Return the credentials of that name that serve at `at`, the newest first.

    :raises KeyUnreadable: if one does not open. :raises KeysUnavailable: if the wrapper cannot be asked now.
    """
    rows = SubscriptionSecret.objects.filter(
        Q(retires_at__isnull=True) | Q(retires_at__gt=at), subscription=subscription, name=name
    ).order_by("-pk")
    return [key_queries.open_secret(row.as_sealed(), name=_name(subscription.slug, name)) for row in rows]


def rewrap_secrets() -> int:
    """Wrap the keys of all subscriptions' credentials under the newest master key; return how many.

    :raises KeyUnreadable: if one does not open: its master key is missing.
    :raises KeysUnavailable: if the wrapper cannot be asked now.
    """
    newest, done = key_queries.get_newest_version(), 0
    with transaction.atomic():
        older = SubscriptionSecret.objects.filter(kek_version__lt=newest).select_related("subscription")
        for row in older.select_for_update(of=("self",)).order_by("pk"):
            sealed = keys.rewrap_secret(row.as_sealed(), name=_name(row.subscription.slug, row.name))
            row.kek_version, row.wrapped = sealed.version, sealed.wrapped
            row.save(update_fields=["kek_version", "wrapped"])
            done += 1
    return done


def _name(slug: str, name: str) -> str:
    """Return what a credential is sealed under: it opens as that one, of that subscription, only."""
    return f"subscription {slug} {name}"
