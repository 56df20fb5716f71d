"""The network that a visitor comes from, as limits count it."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from consent.network import visitors


def find_network(meta: Mapping[str, Any]) -> str:
    """Return the network, by the headers and the address of a call (`HttpRequest.META`)."""
    return visitors.find_network(meta, proxies=settings.PROXIES)
