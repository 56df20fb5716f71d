"""How a recipient's host and address may be written: in one way only, so that no two readers differ. Pure."""

import re
from dataclasses import dataclass

from consent.network.addresses import read_address
from consent.network.errors import DeliveryRefused

LONGEST_URL = 2048
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_LIKE_A_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)", re.ASCII)
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*\]|[A-Za-z0-9.-]+)"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?)?",
    re.ASCII,
)
_DEFAULT_PORTS = {"https": 443, "http": 80}


class AddressRefused(DeliveryRefused):
    """A recipient may not be there, or the address is not written plainly."""

    code = "address_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAddress:
    """A URL, taken apart."""

    scheme: str
    host: str
    """A name in lower case, or an address without brackets."""
    port: int
    target: str
    """The path, with the query if there is one."""


def read_host(host: str) -> str:
    """Return the host in lower case: a full name in ASCII, or an address written in full, without brackets.

    Numbers that some readers take for an address (`127.1`, `0x7f000001`, `017700000001`), names outside ASCII
    and dots at the end are refused rather than read in one of several ways.

    :raises AddressRefused: if it is neither.
    """
    host = host.lower()
    if address := read_address(host):
        return str(address)
    if len(host) > 253 or _NAME.fullmatch(host) is None:
        raise AddressRefused(
            "write the host as a plain name (punycode for others than ASCII, no dot at its end)"
        )
    if _LIKE_A_NUMBER.fullmatch(host.rpartition(".")[2]):
        raise AddressRefused("write an IP address in full: four decimal numbers, or IPv6")
    return host


def read_url(url: str, *, allow_local: bool) -> WebAddress:
    """Return the parts of `url`: https, without user, password or fragment, on 443 or a port from 1024.

    With `allow_local`, plain http and every port are let through; `check_host` still decides where to.

    :raises AddressRefused: otherwise.
    """
    found = _URL.fullmatch(url) if len(url) <= LONGEST_URL else None
    if found is None:
        raise AddressRefused(
            f"write the address as https://host/path, without user, password, fragment or blanks, "
            f"in at most {LONGEST_URL} characters"
        )
    scheme = found["scheme"]
    if scheme != "https" and not allow_local:
        raise AddressRefused("the address must begin with https://")
    port = int(found["port"]) if found["port"] else _DEFAULT_PORTS[scheme]
    if not _may_use(port, allow_local=allow_local):
        raise AddressRefused("use port 443, or one from 1024 to 65535")
    host = read_host(found["host"].strip("[]"))
    return WebAddress(scheme=scheme, host=host, port=port, target=found["target"] or "/")


def _may_use(port: int, *, allow_local: bool) -> bool:
    return port == 443 or (1 if allow_local else 1024) <= port <= 65535
