"""The network that a visitor comes from, by the proxies that are set up."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from consent.kernel import networks


def find_network(meta: Mapping[str, Any]) -> str:
    """Return the network, by the headers and the address of a call (`HttpRequest.META`)."""
    return networks.find_network(meta, proxies=settings.PROXIES)
