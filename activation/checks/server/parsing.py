"""From the bytes of a head to a `Head`. What two readers could take differently is refused."""

import re
from collections.abc import Mapping
from typing import Final

from activation.checks.server import second_reading
from activation.checks.server.http import Head, Refused
from activation.checks.server.limits import Limits

_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
_VALUE: Final = rb"[\t\x20-\x7e\x80-\xff]*+"
_LINE: Final = re.compile(rb"(%b) ([\x21\x22\x24-\x7e]++) HTTP/([0-9])\.([0-9])\r\n" % _TOKEN)  # no "#"
_FIELDS: Final = re.compile(rb"(?:%b:%b\r\n)*+\r\n" % (_TOKEN, _VALUE))
_FIELD: Final = re.compile(rb"([^:\r\n]++):([^\r\n]*+)\r\n")
_ABSOLUTE: Final = re.compile(rb"https?://([^/?@]+)([/?].*)?", re.IGNORECASE)
_HOST: Final = re.compile(rb"(?:[A-Za-z0-9._~%!$&'()*+;=-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")
_LENGTH: Final = re.compile(rb"[0-9]{1,18}")

METHODS: Final = frozenset({b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"})
ALLOW: Final = ", ".join(sorted(method.decode() for method in METHODS)).encode()
# What says more than one thing if it is said twice. Everything else is a list, and is joined as one.
_ONCE: Final = frozenset(
    (
        b"host content-length transfer-encoding authorization content-type content-encoding expect date"
        b" user-agent referer from if-match if-none-match if-modified-since if-unmodified-since"
        b" idempotency-key x-request-id traceparent"
    ).split()
)


def parse(raw: bytes, limits: Limits) -> Head:
    """Return the head that `raw`, its empty line included, holds.

    :raises Refused: if it is not exactly one head, asks for what this server does not do, or is too much.
    """
    line = match_line(raw)
    fields = _read_fields(raw, line.end(), limits)
    method, target, version = line[1], line[2], line[4]
    _check_method(method)
    headers = _join(fields)
    path, query = _split_target(method, target, _host(headers, version))
    length, is_chunked = _framing(headers, version, limits)
    second_reading.compare(raw, method=method, target=target, version=version, fields=fields)
    head = Head(method, target, path, query, headers, length, is_chunked)
    head.keep_alive = version == b"1" and b"close" not in _words(headers.get(b"connection", b""))
    head.expects_continue = _expects_continue(headers, version)
    if head.keep_alive and not (is_chunked or head.expects_continue or method == b"HEAD"):
        head.quick_length = length or 0
    return head


def match_line(raw: bytes | bytearray) -> re.Match[bytes]:
    """Return the request line that `raw` begins with.

    :raises Refused: if it begins otherwise, or names a version other than HTTP/1.0 and HTTP/1.1.
    """
    line = _LINE.match(raw)
    if line is None:
        raise malformed("The request line is malformed.")
    if line[3] != b"1" or line[4] not in {b"0", b"1"}:
        raise Refused(505, "unsupported_version", "Use HTTP/1.1.")
    return line


def malformed(detail: str) -> Refused:
    """Return the refusal of bytes that are not a request."""
    return Refused(400, "malformed_request", detail)


def check_trailers(raw: bytes) -> None:
    """Let pass the lines behind a chunked body, their empty line included; nothing in them is used.

    :raises Refused: if a line is malformed.
    """
    if _FIELDS.fullmatch(raw) is None:
        raise malformed("A trailer line is malformed.")


def _read_fields(raw: bytes, start: int, limits: Limits) -> list[tuple[bytes, bytes]]:
    if _FIELDS.fullmatch(raw, start) is None:
        raise malformed("A header line is malformed.")
    found: list[tuple[bytes, bytes]] = _FIELD.findall(raw, start)
    if len(found) > limits.headers:
        raise Refused(431, "too_many_headers", "Send fewer headers.")
    return [(name.lower(), value.strip(b" \t")) for name, value in found]


def _check_method(method: bytes) -> None:
    if method not in METHODS:
        raise Refused(405, "method_not_allowed", "Use one of the methods in Allow.")


def _host(headers: Mapping[bytes, bytes], version: bytes) -> bytes | None:
    host = headers.get(b"host")
    if host is None and version == b"0":
        return None
    if host is None or _HOST.fullmatch(host) is None:
        raise malformed("Send one Host header.")
    return host


def _split_target(method: bytes, target: bytes, host: bytes | None) -> tuple[bytes, bytes]:
    if target == b"*" and method == b"OPTIONS":
        return target, b""
    if not target.startswith(b"/"):
        absolute = _ABSOLUTE.fullmatch(target)
        if absolute is None or absolute[1].lower() != (host or b"").lower():
            raise malformed("The target must be a path, or an address of the named Host.")
        target = absolute[2] or b"/"
    path, _, query = target.partition(b"?")
    return path or b"/", query


def _framing(headers: Mapping[bytes, bytes], version: bytes, limits: Limits) -> tuple[int | None, bool]:
    length, coding = headers.get(b"content-length"), headers.get(b"transfer-encoding")
    if coding is not None:
        if length is not None:
            raise malformed("Say once how long the body is.")
        return None, _is_chunked(coding, version)
    if length is None:
        return None, False
    if _LENGTH.fullmatch(length) is None:
        raise malformed("Content-Length must be a number.")
    if int(length) > limits.body_bytes:
        raise body_too_large()
    return int(length), False


def _is_chunked(coding: bytes, version: bytes) -> bool:
    if version == b"0":
        raise malformed("HTTP/1.0 has no transfer codings.")
    if coding.lower() != b"chunked":
        raise Refused(501, "unsupported_transfer_coding", "Use the transfer coding chunked, or none.")
    return True


def body_too_large() -> Refused:
    """Return the refusal of a body above the limit."""
    return Refused(413, "body_too_large", "Send a smaller body, or several requests.")


def _expects_continue(headers: Mapping[bytes, bytes], version: bytes) -> bool:
    expected = headers.get(b"expect")
    if expected is None or version == b"0":
        return False
    if expected.lower() != b"100-continue":
        raise Refused(417, "expectation_failed", "Expect nothing but 100-continue.")
    return True


def _join(fields: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    headers = dict(fields)
    if len(headers) == len(fields):
        return headers
    headers = {}
    for name, value in fields:
        if name in headers and name in _ONCE:
            raise malformed("A header that says one thing is sent twice.")
        headers[name] = b"%b, %b" % (headers[name], value) if name in headers else value
    return headers


def _words(value: bytes) -> set[bytes]:
    return {word.strip(b" \t").lower() for word in value.split(b",")}
