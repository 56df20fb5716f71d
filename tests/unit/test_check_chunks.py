"""Bodies that come in chunks."""

from itertools import pairwise

import httptools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activation.checks.server.chunks import ChunkedBody
from activation.checks.server.http import Refused
from activation.checks.server.limits import Limits

LIMITS = Limits(body_bytes=1_000, chunks=20, chunk_line_bytes=40, chunk_extension_bytes=60, trailer_bytes=50)
HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

REFUSED = [
    (400, b"x\r\n"),
    (400, b"\r\n"),
    (400, b"-1\r\na\r\n"),
    (400, b"0x1\r\na\r\n"),
    (400, b" 1\r\na\r\n"),
    (400, b"1 \r\na\r\n"),
    (400, b"1\na\n0\n\n"),
    (400, b"1\r\nab\r\n0\r\n\r\n"),
    (400, b"1\r\na\n0\r\n\r\n"),
    (400, b"1\r\na0\r\n\r\n"),
    (400, b"000000001\r\na\r\n0\r\n\r\n"),
    (400, b"1;a\x00\r\na\r\n0\r\n\r\n"),
    (400, b"1;a\rb\r\na\r\n0\r\n\r\n"),
    (400, b"1;" + b"a" * 50 + b"\r\na\r\n0\r\n\r\n"),
    (400, b"1;" + b"a" * 50),
    (400, (b"1;" + b"a" * 30 + b"\r\na\r\n") * 3 + b"0\r\n\r\n"),
    (413, b"3e9\r\n"),
    (413, b"ffffffff\r\n"),
    (413, b"1\r\na\r\n" * 20 + b"0\r\n\r\n"),
    (400, b"0\r\nT : 1\r\n\r\n"),
    (400, b"0\r\nT: 1\r\n 2\r\n\r\n"),
    (400, b"0\r\nT: 1\n\r\n\r\n"),
    (431, b"0\r\nT: " + b"1" * 50 + b"\r\n\r\n"),
    (431, b"0\r\nT: " + b"1" * 50),
]


def take_all(raw: bytes, *cuts: int) -> tuple[bytes | None, bytes]:
    """Return the body, and what lies behind it, when `raw` arrives cut at `cuts`."""
    chunks, buffer, body = ChunkedBody(LIMITS), bytearray(), None
    edges = [0, *sorted(cuts), len(raw)]
    for start, end in pairwise(edges):
        buffer += raw[start:end]
        if body is None:
            body = chunks.take(buffer)
    return body, bytes(buffer)


@pytest.mark.parametrize(("status", "raw"), REFUSED)
def test_a_body_whose_end_could_be_read_in_two_ways_is_refused(status: int, raw: bytes) -> None:
    with pytest.raises(Refused) as refused:
        take_all(raw)

    assert refused.value.status == status


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (b"0\r\n\r\n", b""),
        (b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
        (b"3;name=value\r\nabc\r\n00A\r\n0123456789\r\n000\r\n\r\n", b"abc0123456789"),
        (b"3\r\n\r\n\n\r\n0\r\n\r\n", b"\r\n\n"),
        (b"1\r\na\r\n0\r\nDigest: x\r\nT:\r\n\r\n", b"a"),
    ],
)
def test_a_body_is_put_together_and_what_follows_is_left(raw: bytes, body: bytes) -> None:
    assert take_all(raw + b"next") == (body, b"next")


@settings(deadline=None)
@given(
    parts=st.lists(st.binary(min_size=1, max_size=40), max_size=8),
    trailer=st.sampled_from([b"", b"T: 1\r\n", b"A: b\r\nC: d\r\n"]),
    cuts=st.lists(st.integers(0, 500), max_size=12),
)
def test_where_it_was_cut_does_not_matter(parts: list[bytes], trailer: bytes, cuts: list[int]) -> None:
    raw = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n" + trailer + b"\r\n"

    assert take_all(raw + b"next", *(cut % len(raw) for cut in cuts)) == (b"".join(parts), b"next")


@settings(deadline=None)
@given(
    raw=st.lists(st.sampled_from([b"0", b"1", b"a", b"\r", b"\n", b"\r\n", b";x", b"3", b"abc"]), max_size=20)
)
def test_what_we_take_is_what_httptools_takes(raw: list[bytes]) -> None:
    try:
        body, rest = take_all(b"".join(raw))
    except Refused:
        return
    if body is not None:
        assert read_by_httptools(b"".join(raw)[: sum(map(len, raw)) - len(rest)]) == body


def read_by_httptools(raw: bytes) -> bytes | None:
    """Return the body that httptools reads, if it finds it whole."""

    class Reading:
        body = b""
        is_complete = False

        def on_body(self, part: bytes) -> None:
            self.body += part

        def on_message_complete(self) -> None:
            self.is_complete = True

    reading = Reading()
    httptools.HttpRequestParser(reading).feed_data(HEAD + raw)
    return reading.body if reading.is_complete else None
