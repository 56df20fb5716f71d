"""The network that a visitor comes from, as limits count it."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from consent.requests.limits.rules import read_network


def find_network(meta: Mapping[str, Any]) -> str:
    """Return the network, by the headers and the address of a call (`HttpRequest.META`).

    Behind proxies it stands in `X-Forwarded-For`, as many places from its end as there are proxies of ours:
    what stands before, anybody may have written.
    """
    proxies: int = settings.PROXIES
    told = str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",")
    written = [one.strip() for one in told if one.strip()]
    if 0 < proxies <= len(written):
        return read_network(written[-proxies])
    return read_network(str(meta.get("REMOTE_ADDR", "")))
