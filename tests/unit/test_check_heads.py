"""Heads of requests: what is taken, what is refused, and what is remembered."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activation.checks.server import second_reading
from activation.checks.server.heads import Heads
from activation.checks.server.http import Refused
from activation.checks.server.limits import Limits
from activation.checks.server.parsing import METHODS, parse
from tests.refused_heads import REFUSED, TAKEN

LIMITS = Limits()
NAMES = st.text("!#$%&'*+-.^_`|~019AZaz", min_size=1, max_size=8).map(str.encode) | st.sampled_from(
    [
        b"Connection",
        b"Upgrade",
        b"Proxy-Connection",
        b"Content-Length",
        b"Transfer-Encoding",
        b"Trailer",
        b"TE",
    ]
)
VALUES = st.text('\t !"(),/:;=?@[]{}aZ09~\x80\xff', max_size=12).map(
    lambda text: text.encode("latin-1")
) | st.sampled_from([b"close", b"upgrade", b"keep-alive, Upgrade", b"chunked", b"3", b"h2c", b"websocket"])
HEAD = b"POST /a?b=c HTTP/1.1\r\nHost: check.test\r\nContent-Length: 3\r\n\r\n"


@pytest.mark.parametrize(("status", "raw"), REFUSED)
def test_a_head_that_could_be_read_in_two_ways_is_refused(status: int, raw: bytes) -> None:
    with pytest.raises(Refused) as refused:
        parse(raw, LIMITS)

    assert refused.value.status == status


@pytest.mark.parametrize("raw", TAKEN)
def test_a_head_that_the_standard_allows_is_taken(raw: bytes) -> None:
    assert parse(raw, LIMITS).path


@pytest.mark.parametrize(("status", "raw"), REFUSED)
def test_our_own_checks_do_not_lean_on_the_second_reading(
    status: int, raw: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_reading, "compare", lambda *_, **__: None)

    with pytest.raises(Refused) as refused:
        parse(raw, LIMITS)

    assert refused.value.status == status


def test_a_head_is_read_into_its_parts() -> None:
    head = parse(HEAD, LIMITS)

    assert (head.method, head.target, head.path, head.query) == (b"POST", b"/a?b=c", b"/a", b"b=c")
    assert head.headers == {b"host": b"check.test", b"content-length": b"3"}
    assert (head.content_length, head.chunked, head.keep_alive, head.expects_continue) == (
        3,
        False,
        True,
        False,
    )


def test_names_are_lower_case_and_values_lose_the_space_around_them() -> None:
    head = parse(b"GET / HTTP/1.1\r\nHOST:a\r\nX-Thing: \t b c \t\r\n\r\n", LIMITS)

    assert head.headers == {b"host": b"a", b"x-thing": b"b c"}


def test_a_list_that_is_sent_in_parts_is_joined() -> None:
    head = parse(b"GET / HTTP/1.1\r\nHost: a\r\nVia: 1.1 b\r\nVia: 1.1 c\r\n\r\n", LIMITS)

    assert head.headers[b"via"] == b"1.1 b, 1.1 c"


@pytest.mark.parametrize(
    ("line", "stays"),
    [
        (b"GET / HTTP/1.1\r\nHost: a", True),
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive", True),
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close", False),
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: X, Close", False),
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: close", False),
        (b"GET / HTTP/1.0", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive", False),
    ],
)
def test_a_connection_stays_open_unless_the_client_says_otherwise(line: bytes, *, stays: bool) -> None:
    assert parse(line + b"\r\n\r\n", LIMITS).keep_alive is stays


def test_too_many_headers_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        parse(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 100 + b"\r\n", LIMITS)

    assert refused.value.status == 431


def test_a_body_that_is_announced_too_large_is_refused_before_it_comes() -> None:
    with pytest.raises(Refused) as refused:
        parse(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4194305\r\n\r\n", LIMITS)

    assert refused.value.status == 413


def test_the_same_bytes_give_the_same_head() -> None:
    heads = Heads(LIMITS, places={b"/a": 7})

    assert heads.of(HEAD) is heads.of(bytes(bytearray(HEAD)))
    assert heads.of(HEAD).place == 7


def test_a_refused_head_is_not_remembered() -> None:
    heads = Heads(LIMITS, places={})

    with pytest.raises(Refused):
        heads.of(b"GET / HTTP/1.1\r\n\r\n")

    assert not heads.known


def test_nothing_shorter_or_longer_is_taken_for_a_remembered_head() -> None:
    heads = Heads(LIMITS, places={})
    heads.of(HEAD)

    assert list(heads.known) == [HEAD]


def test_only_so_many_heads_and_bytes_are_remembered() -> None:
    few = Heads(Limits(cached_heads=3), places={})
    small = Heads(Limits(cached_bytes=3 * len(HEAD)), places={})
    for heads in (few, small):
        for number in range(10):
            heads.of(HEAD.replace(b"/a", b"/%d" % number))

        assert 0 < len(heads.known) <= 3


def test_a_long_head_is_read_but_not_remembered() -> None:
    heads = Heads(Limits(cached_head_bytes=len(HEAD) - 1), places={})

    assert heads.of(HEAD) is not heads.of(HEAD)


def test_what_a_head_asks_for_beside_an_answer_closes_the_quick_way() -> None:
    begin = b"POST / HTTP/1.1\r\nHost: a\r\n"
    for more in (b"Connection: close", b"Transfer-Encoding: chunked", b"Expect: 100-continue"):
        assert parse(begin + more + b"\r\n\r\n", LIMITS).quick_length < 0
    assert parse(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", LIMITS).quick_length < 0
    assert parse(begin + b"\r\n", LIMITS).quick_length == 0


@settings(deadline=None)
@given(
    method=st.sampled_from(sorted(METHODS)),
    fields=st.lists(st.tuples(NAMES, VALUES), max_size=5),
    version=st.sampled_from([b"1.0", b"1.1"]),
)
def test_what_we_take_httptools_reads_alike(
    method: bytes, fields: list[tuple[bytes, bytes]], version: bytes
) -> None:
    lines = b"".join(b"%b: %b\r\n" % field for field in fields)

    assert is_read_alike(b"%b / HTTP/%b\r\nHost: a\r\n%b\r\n" % (method, version, lines))


def is_read_alike(raw: bytes) -> bool:
    """Return whether we refuse the head for a reason of our own, or read it as httptools does."""
    try:
        parse(raw, LIMITS)
    except Refused as refused:
        return "more than one way" not in str(refused)
    return True


def test_a_head_that_httptools_reads_otherwise_is_refused() -> None:
    with pytest.raises(Refused, match="more than one way"):
        second_reading.compare(HEAD, method=b"POST", target=b"/a", version=b"1", fields=[])
    with pytest.raises(Refused, match="more than one way"):
        second_reading.compare(HEAD[:-2], method=b"POST", target=b"/a?b=c", version=b"1", fields=[])
