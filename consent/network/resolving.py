"""Where a host is: its name looked up once, every address checked."""

import socket
from collections.abc import Callable, Sequence

from consent.network.addresses import IPAddress, is_local, may_connect, read_address
from consent.network.errors import DeliveryFailed
from consent.network.hosts import AddressRefused, WebAddress, read_host

Resolver = Callable[[str, int], Sequence[str]]
"""A name and a port -> its addresses. Raises OSError."""


class NameNotResolved(DeliveryFailed):
    """The host's name leads nowhere now."""

    code = "name_not_resolved"


def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """Return what the system's resolver says; how long it may take is set there (`resolv.conf`)."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in answers]


def check_host(
    host: str, port: int, *, allow_local: bool, resolve: Resolver = resolve_by_system
) -> list[IPAddress]:
    """Return the addresses of `host`, one or more, all of which may be connected to.

    Connect to one of these, not to the name: looked up again, it may lead elsewhere.

    :raises AddressRefused: if `host` is not written plainly, or any of its addresses may not be connected to.
    :raises NameNotResolved: if the name has no address now.
    """
    if not 1 <= port <= 65535:
        raise AddressRefused("the port must be from 1 to 65535")
    host = read_host(host)
    literal = read_address(host)
    addresses = [literal] if literal else _look_up(host, port, resolve)
    for address in addresses:
        if not may_connect(address, allow_local=allow_local):
            raise AddressRefused("the host is not at a public address: recipients elsewhere are not served")
    return addresses


def check_web(
    address: WebAddress, *, allow_local: bool, resolve: Resolver = resolve_by_system
) -> list[IPAddress]:
    """Return the addresses of a URL's host, as `check_host`. Plain http goes to local addresses only.

    :raises AddressRefused: as `check_host`, and if http would leave the local network.
    :raises NameNotResolved: if the name has no address now.
    """
    addresses = check_host(address.host, address.port, allow_local=allow_local, resolve=resolve)
    if address.scheme != "https" and not all(is_local(each) for each in addresses):
        raise AddressRefused("the address must begin with https://")
    return addresses


def _look_up(host: str, port: int, resolve: Resolver) -> list[IPAddress]:
    try:
        texts = dict.fromkeys(resolve(host, port))
    except (OSError, UnicodeError):
        raise NameNotResolved("the host's name cannot be resolved now") from None
    addresses = [read_address(text) for text in texts]
    known = [address for address in addresses if address is not None]
    if not known or len(known) < len(addresses):
        raise NameNotResolved("the host's name leads to no address that can be read")
    return known
