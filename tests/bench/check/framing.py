"""Where an answer ends in the bytes read so far: just enough of HTTP/1.1 and of RESP for a load generator.

Each function returns the answer's length, or 0 while it is not whole. It raises `UnexpectedAnswer` for one
that is no success: the cost of refusals is not what is measured.
"""

from collections.abc import Callable, Mapping

HEAD_END = b"\r\n\r\n"
_SHOWN = 300


class UnexpectedAnswer(Exception):
    """A server answered with something else than a success; carries the start of what it said."""


def http_length(data: bytes) -> int:
    """Return the length of the HTTP/1.1 answer that `data` starts with, 0 while it is not whole.

    :raises UnexpectedAnswer: if its status is not 200, or its length is not said.
    """
    head = data.find(HEAD_END)
    if head < 0:
        return 0
    if not data.startswith(b"HTTP/1.1 200"):
        raise UnexpectedAnswer(data[:_SHOWN])
    body, headers = head + len(HEAD_END), data[:head].lower()
    if (length := _content_length(headers)) is not None:
        return body + length if len(data) >= body + length else 0
    if b"\r\ntransfer-encoding: chunked" in headers:
        return _chunked_length(data, body)
    raise UnexpectedAnswer(data[:_SHOWN])


def _content_length(headers: bytes) -> int | None:
    start = headers.find(b"\r\ncontent-length:")
    if start < 0:
        return None
    start += len(b"\r\ncontent-length:")
    end = headers.find(b"\r\n", start)
    return int(headers[start : end if end >= 0 else len(headers)])


def _chunked_length(data: bytes, start: int) -> int:
    """Return where the chunks that begin at `start` end. Trailers are not expected."""
    while (line := data.find(b"\r\n", start)) >= 0:
        size = int(data[start:line].partition(b";")[0], 16)
        start = line + 2 + size + 2
        if size == 0:
            return start if len(data) >= start else 0
    return 0


def http_body(answer: bytes) -> bytes:
    """Return the body of a whole HTTP/1.1 answer."""
    head, _, body = answer.partition(HEAD_END)
    if _content_length(head.lower()) is not None:
        return body
    chunks = []
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size.partition(b";")[0], 16)
        chunks.append(rest[:length])
        body = rest[length + 2 :]
    return b"".join(chunks)


def resp_length(data: bytes) -> int:
    """Return the length of the RESP2 answer that `data` starts with: a simple or bulk string, or an array.

    :raises UnexpectedAnswer: if it is an error, or of another type.
    """
    return _resp_end(data, 0)


def _resp_end(data: bytes, start: int) -> int:
    line = data.find(b"\r\n", start)
    if line < 0:
        return 0
    kind, rest = data[start : start + 1], line + 2
    if kind == b"+":
        return rest
    if kind == b"*":
        return _array_end(data, rest, int(data[start + 1 : line]))
    if kind != b"$" or data[start + 1 : start + 2] == b"-":
        raise UnexpectedAnswer(data[start : start + _SHOWN])
    end = rest + int(data[start + 1 : line]) + 2
    return end if len(data) >= end else 0


def _array_end(data: bytes, start: int, items: int) -> int:
    for _ in range(items):
        start = _resp_end(data, start)
        if not start:
            return 0
    return start


LENGTHS: Mapping[str, Callable[[bytes], int]] = {"http": http_length, "resp": resp_length}
"""By the name of the protocol."""
