"""The check server over real sockets."""

import http.client
import logging
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.check_server_bytes import anything, cut
from tests.check_server_sockets import PATIENCE, Place, read_all, serving
from tests.check_server_world import LARGE, post, read_answers


@pytest.fixture
def place() -> Iterator[Place]:
    with serving() as one:
        yield one


def bodies(sent: bytes) -> list[bytes]:
    """Return the body of each answer."""
    return [body for _, _, body in read_answers(sent)]


def test_a_client_of_the_standard_library_is_served_on_one_connection(place: Place) -> None:
    client = http.client.HTTPConnection("127.0.0.1", place.port, timeout=PATIENCE)
    for number in range(3):
        client.request("POST", "/later" if number else "/now", b"%d" % number)
        answer = client.getresponse()
        assert (answer.status, answer.read()) == (200, b"%d" % number)
    client.request("POST", "/now", iter([b"in ", b"chunks"]), encode_chunked=True)
    assert client.getresponse().read() == b"in chunks"
    client.close()

    assert place.do(lambda: len(place.world.echo.seen)) == 4


def test_a_request_that_comes_byte_by_byte_is_answered(place: Place) -> None:
    with place.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for letter in post(b"/now", b"abc"):
            client.sendall(bytes([letter]))
        client.shutdown(socket.SHUT_WR)

        assert bodies(read_all(client)) == [b"abc"]


def test_a_client_that_stops_sending_still_gets_its_answers(place: Place) -> None:
    with place.connect() as client:
        client.sendall(post(b"/when-told", b"a") + post(b"/now", b"b"))
        client.shutdown(socket.SHUT_WR)
        place.until(place.world.echo.is_waiting.is_set)
        place.do(place.world.echo.may_go_on.set)

        assert bodies(read_all(client)) == [b"a", b"b"]


def test_a_client_that_sends_too_much_reads_why_it_was_refused(place: Place) -> None:
    with place.connect() as client:
        client.sendall(post(b"/now", b"x" * 5_000_000))
        client.shutdown(socket.SHUT_WR)

        assert [status for status, _, _ in read_answers(read_all(client))] == [413]


def test_a_large_body_arrives_whole(place: Place) -> None:
    body = bytes(range(256)) * 16_384  # exactly the limit
    with place.connect() as client:
        client.sendall(post(b"/now", body, b"Connection: close"))

        assert bodies(read_all(client)) == [body]


def test_a_dribbled_head_is_given_up_after_its_time(place: Place) -> None:
    world = place.world
    with place.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\n")
        place.until(lambda: any(one._reader.held for one in world.server.connections))
        place.do(lambda: world.pass_seconds(11))

        assert [status for status, _, _ in read_answers(read_all(client))] == [408]


def test_a_client_that_does_not_read_holds_up_its_own_requests_only(place: Place) -> None:
    world = place.world
    with place.connect() as client, place.connect() as other:
        requests = post(b"/large") * 99 + post(b"/large", b"", b"Connection: close")
        with ThreadPoolExecutor(1) as sending:
            sent = sending.submit(client.sendall, requests)
            place.until(lambda: any(one._is_stalled for one in world.server.connections))
            other.sendall(post(b"/now", b"swift", b"Connection: close"))
            assert bodies(read_all(other)) == [b"swift"]
            assert place.do(lambda: len(world.echo.seen)) < 60

            assert bodies(read_all(client)) == [LARGE] * 100
            sent.result(PATIENCE)


def test_a_client_that_never_reads_is_cut_off(place: Place) -> None:
    world = place.world
    with place.connect() as client:
        client.sendall(post(b"/large") * 60)
        place.until(lambda: any(one._is_stalled for one in world.server.connections))
        place.do(lambda: world.pass_seconds(31))
        place.until(lambda: not world.server.connections)

        assert len(read_all(client)) < 60 * len(LARGE)


def test_clients_that_vanish_leave_nothing_behind(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    begins = [
        b"",
        b"P",
        post(b"/when-told"),
        post(b"/large") * 50,
        post(b"/later", b"abc") * 9,
        b"x\r\n" * 999,
    ]
    for begin in begins * 5:
        client = place.connect()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close with a reset
        client.sendall(begin)
        client.close()
    world = place.world
    place.do(world.echo.may_go_on.set)
    place.until(lambda: not world.server.connections)

    assert place.do(lambda: world.server.buffered) == 0
    assert not caplog.records


def test_the_probe_and_the_numbers_are_there(place: Place) -> None:
    with place.connect() as client:
        client.sendall(post(b"/now", b"abc") + b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        client.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

        _, health, numbers = bodies(read_all(client))

    assert health == b'{"status": "ok"}'
    assert b'accordant_check_requests_total{path="other",status="200"} 2.0' in numbers
    assert b"accordant_check_connections 1.0" in numbers


@pytest.fixture(scope="module")
def shared() -> Iterator[Place]:
    with serving() as one:
        yield one


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(raw=anything, places=st.lists(st.integers(0, 2_000), max_size=4))
def test_any_bytes_over_a_socket_get_whole_answers_or_an_end(
    shared: Place, raw: bytes, places: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    with shared.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in cut(raw, places):
            client.sendall(piece)
        client.shutdown(socket.SHUT_WR)

        read_answers(read_all(client))

    assert not [
        record
        for record in caplog.records
        if record.levelno > logging.INFO and "failed: KeyError" not in record.message
    ]
