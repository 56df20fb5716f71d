"""Bytes that clients might send: whole requests, broken ones, and places to cut them."""

from hypothesis import strategies as st

from tests.check_server_world import chunked, post
from tests.refused_heads import REFUSED, TAKEN

_PATHS = st.sampled_from([b"/now", b"/later", b"/large", b"/fails", b"/fails-later", b"/now?a=b"])
_BODIES = st.binary(max_size=40) | st.sampled_from([b"\r\n\r\n", post(), b"0\r\n\r\n"])
_HEADERS = st.lists(
    st.sampled_from(
        [b"Accept: */*", b"X-Empty:", b"Via: a", b"Expect: 100-continue", b"Cookie: a=b", b"A: \xe9"]
    ),
    max_size=3,
    unique=True,
)
_PIECES = [
    b"\r",
    b"\n",
    b"\r\n",
    b"\r\n\r\n",
    b"\0",
    b" ",
    b"\t",
    b":",
    b",",
    b"0",
    b"7",
    b"-",
    b"a",
    b"\xff",
]
_LINES = [
    b"Content-Length: 3\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Host: b\r\n",
    b"Connection: close\r\n",
]

whole_requests = st.one_of(
    st.builds(lambda path, body, headers: post(path, body, *headers), _PATHS, _BODIES, _HEADERS),
    st.builds(lambda path, parts: chunked(path, *filter(None, parts)), _PATHS, st.lists(_BODIES, max_size=3)),
    st.sampled_from([b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"]),
)
last_requests = st.sampled_from(
    [
        b"GET /now HTTP/1.0\r\n\r\n",
        b"GET /last HTTP/1.1\r\nHost: a\r\n\r\n",
        post(b"/now", b"x", b"Connection: close"),
    ]
)


@st.composite
def _damaged(draw: st.DrawFn) -> bytes:
    """Return requests with a few bytes put in, taken out or written over."""
    raw = bytearray(b"".join(draw(st.lists(whole_requests, min_size=1, max_size=3))))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(raw)))
        end = min(len(raw), start + draw(st.integers(0, 4)))
        raw[start:end] = draw(st.sampled_from([b"", *_PIECES, *_LINES]))
    return bytes(raw)


_ODD = st.sampled_from([raw for _, raw in REFUSED] + TAKEN)
anything = st.one_of(
    st.binary(max_size=300),
    _damaged(),
    st.builds(lambda before, odd, after: before + odd + after, whole_requests, _ODD, whole_requests),
)


def cut(raw: bytes, places: list[int]) -> list[bytes]:
    """Return `raw` in pieces, cut at `places`, wrapped to its length."""
    edges = sorted({place % len(raw) for place in places} - {0}) if raw else []
    return [raw[start:end] for start, end in zip([0, *edges], [*edges, len(raw)], strict=True)]
