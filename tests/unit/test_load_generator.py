"""The load generator finds where an answer ends, and sends as many requests as it is told to."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.bench.check.framing import UnexpectedAnswer, http_body, http_length, resp_length
from tests.bench.check.load import Order, ServerSilent, run

SIZED = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCONTENT-LENGTH: 5\r\n\r\nhello"
SIZED_LAST = b"HTTP/1.1 200 OK\r\nContent-Length:5\r\nDate: now\r\n\r\nhello"
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\nhello\r\n"
    b"C;name=value\r\n world\r\n0\r\n\r\r\n"  # it holds what may be taken for the last chunk
    b"0\r\n\r\n"
)
HTTP = [SIZED, SIZED_LAST, EMPTY, CHUNKED]
RESP = [
    b"+OK\r\n",
    b"$5\r\nhello\r\n",
    b"$0\r\n\r\n",
    b"$7\r\na\r\nb\r\nc\r\n",
    b"*2\r\n$1\r\na\r\n$2\r\nbc\r\n",
    b"*0\r\n",
]
REQUEST = b"GET / HTTP/1.1\r\n\r\n"


@pytest.mark.parametrize("answer", HTTP)
def test_an_http_answer_is_whole_with_its_last_byte_and_not_before(answer: bytes) -> None:
    assert http_length(answer) == len(answer)
    assert [http_length(answer[:end]) for end in range(len(answer))] == [0] * len(answer)


@pytest.mark.parametrize("answer", RESP)
def test_a_resp_answer_is_whole_with_its_last_byte_and_not_before(answer: bytes) -> None:
    assert resp_length(answer) == len(answer)
    assert [resp_length(answer[:end]) for end in range(len(answer))] == [0] * len(answer)


def test_what_follows_an_answer_is_not_counted_to_it() -> None:
    assert [http_length(answer + SIZED) for answer in HTTP] == [len(answer) for answer in HTTP]
    assert [resp_length(answer + b"+OK\r\n") for answer in RESP] == [len(answer) for answer in RESP]


def test_the_body_is_read_whether_its_length_is_said_or_it_comes_in_chunks() -> None:
    assert [http_body(answer) for answer in HTTP] == [b"hello", b"hello", b"", b"hello world\r\n0\r\n\r"]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nno length",
    ],
)
def test_an_http_answer_that_is_no_success_is_not_counted(answer: bytes) -> None:
    with pytest.raises(UnexpectedAnswer):
        http_length(answer)


@pytest.mark.parametrize("answer", [b"-ERR no\r\n", b"$-1\r\n", b"*2\r\n$1\r\na\r\n$-1\r\n"])
def test_a_resp_answer_that_is_an_error_or_holds_nothing_is_not_counted(answer: bytes) -> None:
    with pytest.raises(UnexpectedAnswer):
        resp_length(answer)


def test_as_many_requests_are_sent_as_ordered_over_as_many_connections() -> None:
    with _server(SIZED) as (port, seen):
        result = run(_order(port, connections=3, warm_up=4, count=10))

    assert result.count == 10
    assert len(seen) == 3
    assert sum(seen.values()) == 14
    assert 0 < result.median <= result.p99 <= result.elapsed


def test_a_server_that_hangs_up_ends_the_run() -> None:
    with _server(b"") as (port, _), pytest.raises(ServerSilent):
        run(_order(port, connections=1, warm_up=1, count=1))


def _order(port: int, *, connections: int, warm_up: int, count: int) -> Order:
    return Order(
        port=port,
        protocol="http",
        requests=[REQUEST.decode()],
        connections=connections,
        warm_up=warm_up,
        count=count,
        pids=[],
    )


@contextmanager
def _server(answer: bytes) -> Iterator[tuple[int, dict[int, int]]]:
    """Answer every request with `answer`, and hang up if that is empty. Counts requests by connection."""
    seen: dict[int, int] = {}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, answer, seen), daemon=True).start()
        yield listener.getsockname()[1], seen


def _accept(listener: socket.socket, answer: bytes, seen: dict[int, int]) -> None:
    while True:
        try:
            client, (_, port) = listener.accept()
        except OSError:
            return
        threading.Thread(target=_answer, args=(client, port, answer, seen), daemon=True).start()


def _answer(client: socket.socket, port: int, answer: bytes, seen: dict[int, int]) -> None:
    with client:
        while answer and client.recv(len(REQUEST), socket.MSG_WAITALL):
            seen[port] = seen.get(port, 0) + 1
            client.sendall(answer)
