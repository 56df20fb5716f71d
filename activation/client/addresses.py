"""The way to the service."""

from ipaddress import ip_address

import httpx2

from activation.client.errors import PlainHttpRefused, ServiceUnavailable


def open_service(
    url: str,
    key: str,
    *,
    timeout: float,
    allow_plain_http: bool,
    transport: httpx2.BaseTransport | None,
) -> httpx2.Client:
    """Return a client for the service at `url`, which no redirection leads elsewhere.

    :raises PlainHttpRefused: if the address is not https, and not of this machine.
    """
    address = httpx2.URL(url)
    if address.scheme != "https" and not allow_plain_http and not _is_own_machine(address.host):
        raise PlainHttpRefused("give an https address: a key goes with every question")
    return httpx2.Client(
        base_url=address,
        headers={"Authorization": f"Bearer {key}", "Accept": "*/*", "Accept-Encoding": "identity"},
        timeout=timeout,
        transport=transport,
        follow_redirects=False,
    )


def read_at_most(response: httpx2.Response, limit: int) -> bytes:
    """Return the body.

    :raises ServiceUnavailable: if it is longer than `limit` bytes.
    """
    content = bytearray()
    for piece in response.iter_bytes():
        content += piece
        if len(content) > limit:
            raise ServiceUnavailable("the service answered more than any answer holds")
    return bytes(content)


def _is_own_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
