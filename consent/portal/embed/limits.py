"""How often pages may call: by the network they are called from, and by site."""

from datetime import datetime

from django.conf import settings

from consent.requests.limits.counting import spend
from consent.requests.limits.rules import HOUR, Limit


def spend_network(network: str, *, at: datetime) -> None:
    """Count a call of somebody's in this network.

    :raises TooMany: if that was once too often.
    """
    spend(Limit(name="embed-network", most=settings.EMBED_BY_NETWORK, span=HOUR), network, at=at)


def spend_site(slug: str, *, at: datetime) -> None:
    """Count a call of a page of this site.

    :raises TooMany: if that was once too often.
    """
    spend(Limit(name="embed-site", most=settings.EMBED_BY_SITE, span=HOUR), slug, at=at)
