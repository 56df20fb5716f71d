"""The network that a visitor comes from, as limits count it."""

from collections.abc import Mapping
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any


def find_network(meta: Mapping[str, Any], *, proxies: int) -> str:
    """Return the network, by the headers and the address of a call (`HttpRequest.META`).

    Behind `proxies` of ours it stands in `X-Forwarded-For`, as many places from its end as there are proxies:
    what stands before, anybody may have written.
    """
    told = str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",")
    written = [one.strip() for one in told if one.strip()]
    if 0 < proxies <= len(written):
        return read_network(written[-proxies])
    return read_network(str(meta.get("REMOTE_ADDR", "")))


def read_network(address: str) -> str:
    """Return the network that a visitor's address is counted under: itself, or of IPv6 its /64."""
    try:
        read = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(read, IPv4Address):
        return str(read)
    return str(read.ipv4_mapped or ip_network(f"{read}/64", strict=False))
