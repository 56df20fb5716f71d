"""Origins of web sites, as browsers send them (RFC 6454): scheme, host and port, nothing else. Pure."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from consent.kernel.errors import AccordantError

_HOST = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
_DEFAULT_PORTS = {"https": 443, "http": 80}
_LONGEST = 300


class MalformedOrigin(AccordantError):
    """The text is no origin that a site may have."""

    code = "malformed_origin"


def read_origin(text: str, *, allow_local: bool) -> str:
    """Return an origin in the form in which browsers send it.

    :raises MalformedOrigin: if it is none, or not by https. On this machine, plain http will do, if
        `allow_local`.
    """
    written = text.strip().lower()
    try:
        parts = urlsplit(written)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise MalformedOrigin("an origin is written like https://www.shop.example") from error
    if len(written) > _LONGEST or not written.isascii() or not written.isprintable() or " " in written:
        raise MalformedOrigin("an origin is written in plain letters: of other letters, in Punycode")
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc or written.endswith(("?", "#")):
        raise MalformedOrigin("an origin has no path, no user and nothing else: https://www.shop.example")
    _check_host(parts.scheme, host, allow_local=allow_local)
    shown = "" if port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


def _check_host(scheme: str, host: str, *, allow_local: bool) -> None:
    is_local = host == "localhost" or host.endswith(".localhost") or _is_loopback(host)
    if is_local and not allow_local:
        raise MalformedOrigin("this machine's own addresses are not allowed here")
    if scheme != "https" and not (scheme == "http" and is_local):
        raise MalformedOrigin("a site is reached by https")
    if not _HOST.fullmatch(host):
        raise MalformedOrigin("the host is none: wildcards are not taken, name each origin")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
