"""A second opinion on a head: httptools (llhttp) must read it as we do, or it is refused."""

import httptools

from activation.checks.server.http import Refused


class _Reading:
    """What httptools tells of one head."""

    def __init__(self) -> None:
        self.target = b""
        self.fields: list[tuple[bytes, bytes]] = []
        self.is_complete = False

    def on_url(self, part: bytes) -> None:
        self.target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name.lower(), value.strip(b" \t")))

    def on_headers_complete(self) -> None:
        self.is_complete = True


def compare(
    raw: bytes, *, method: bytes, target: bytes, version: bytes, fields: list[tuple[bytes, bytes]]
) -> None:
    """Let pass a head that httptools reads into the same parts.

    :raises Refused: if it does not.
    """
    reading = _Reading()
    parser = httptools.HttpRequestParser(reading)
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        pass  # it has read the head; we do not switch protocols
    except httptools.HttpParserError:
        raise _differs() from None
    ours = (method, target, "1." + version.decode(), fields)
    theirs = (parser.get_method(), reading.target, parser.get_http_version(), reading.fields)
    if not reading.is_complete or ours != theirs:
        raise _differs()


def _differs() -> Refused:
    return Refused(400, "malformed_request", "The head of the request can be read in more than one way.")
