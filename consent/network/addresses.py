"""Which addresses a recipient may have. Pure: no name is looked up here.

An officer types in where a recipient is, and names lead where their owner says. Neither may make this service
talk to its own network, to the machine it runs on, or to what the machine's cloud tells the machine alone.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

IPAddress = IPv4Address | IPv6Address

_LOCAL_4 = tuple(IPv4Network(net) for net in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
_LOCAL_6 = (IPv6Network("::1/128"), IPv6Network("fc00::/7"))
_METADATA = frozenset(
    {
        IPv4Address("168.63.129.16"),  # Azure's host: lies among the public ones
        IPv6Address("fd00:ec2::254"),  # AWS
        IPv6Address("fd20:ce::254"),  # Google Cloud
        IPv6Address("fd00:42::42"),  # Scaleway
    }
)
"""Where clouds tell a machine its credentials, beside the networks below. Never open, local or not."""
_FORBIDDEN_4 = tuple(
    IPv4Network(net)
    for net in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # shared by carriers; Alibaba's metadata
        "169.254.0.0/16",  # link-local; most clouds' metadata
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
)
_GLOBAL_6 = IPv6Network("2000::/3")
"""All that is routed. What embeds an IPv4 address (mapped, NAT64) lies outside, but for the two below."""
_FORBIDDEN_6 = tuple(
    IPv6Network(net)
    for net in (
        "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)


def is_local(address: IPAddress) -> bool:
    """Return whether it is this machine's own or of a private network, and not one that tells credentials."""
    if address in _METADATA:
        return False
    if isinstance(address, IPv4Address):
        return any(address in network for network in _LOCAL_4)
    return address.scope_id is None and any(address in network for network in _LOCAL_6)


def is_public(address: IPAddress) -> bool:
    """Return whether it is a globally routed address of one machine."""
    if address in _METADATA:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in (*_LOCAL_4, *_FORBIDDEN_4))
    if address.scope_id is not None or address not in _GLOBAL_6:
        return False
    return not any(address in network for network in _FORBIDDEN_6)


def may_connect(address: IPAddress, *, allow_local: bool) -> bool:
    """Return whether a recipient may be there."""
    return is_public(address) or (allow_local and is_local(address))


def read_address(text: str) -> IPAddress | None:
    """Return the address that `text` writes in full, None if it is no such thing."""
    try:
        return ip_address(text)
    except ValueError:
        return None
