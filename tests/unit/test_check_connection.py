"""Connections of the check server, without sockets: order, limits, times, ends."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

import pytest
import uvloop

from activation.checks.server.http import problem
from tests.check_server_world import LARGE, World, chunked, post, read_answers


def run(story: Coroutine[Any, Any, None]) -> None:
    """Let the story happen on the event loop that the server runs on."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(story)


async def turn(number: int = 10) -> None:
    """Let others run."""
    for _ in range(number):
        await asyncio.sleep(0)


def statuses(sent: bytes | bytearray) -> list[int]:
    """Return the status of each answer."""
    return [status for status, _, _ in read_answers(sent)]


def test_answers_come_in_the_order_of_the_requests_whether_at_once_or_later() -> None:
    async def story() -> None:
        world = World()
        paths = [b"/later", b"/now", b"/later", b"/later", b"/now"]
        requests = [post(path, b"%d" % number * number) for number, path in enumerate(paths)]

        wire = await world.converse([b"".join(requests)])

        assert [body for _, _, body in read_answers(wire.sent)] == [b"", b"1", b"22", b"333", b"4444"]

    run(story())


@pytest.mark.parametrize("path", [b"/now", b"/later"])
def test_whole_requests_one_by_one_take_the_quick_way(path: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        world = World()
        connection, wire = world.connect()
        monkeypatch.setattr(connection, "_receive", None)  # the careful way would fail

        for number in range(3):
            connection.data_received(post(path, b"%d" % number))
            await turn()

        assert [body for _, _, body in read_answers(wire.sent)] == [b"0", b"1", b"2"]

    run(story())


def test_a_request_behind_an_awaited_one_waits_its_turn() -> None:
    async def story() -> None:
        world = World()
        connection, wire = world.connect()
        connection.data_received(post(b"/when-told", b"first"))
        connection.data_received(post(b"/now", b"second"))
        await turn()
        assert not wire.sent
        assert len(world.echo.seen) == 1

        world.echo.may_go_on.set()
        await turn()

        assert [body for _, _, body in read_answers(wire.sent)] == [b"first", b"second"]

    run(story())


def test_reading_pauses_while_too_much_waits_behind_an_awaited_request() -> None:
    async def story() -> None:
        world = World(waiting_bytes=500)
        connection, wire = world.connect()
        connection.data_received(post(b"/when-told"))
        is_paused = []
        for _ in range(2):
            connection.data_received(post(b"/now", b"x" * 300))
            is_paused.append(wire.is_reading_paused)
        world.echo.may_go_on.set()
        await turn()
        is_paused.append(wire.is_reading_paused)

        assert is_paused == [False, True, False]
        assert statuses(wire.sent) == [200, 200, 200]

    run(story())


def test_many_requests_at_once_are_answered_over_several_turns() -> None:
    async def story() -> None:
        world = World(requests_a_turn=5)
        connection, wire = world.connect()

        connection.data_received(post() * 12)

        assert statuses(wire.sent) == [200] * 5
        connection.data_received(post())
        assert statuses(wire.sent) == [200] * 5
        await turn()
        assert statuses(wire.sent) == [200] * 13

    run(story())


def test_nothing_is_answered_while_the_client_does_not_read() -> None:
    async def story() -> None:
        world = World()
        connection, wire = world.connect()
        connection.pause_writing()
        connection.data_received(post(b"/now", b"a"))
        connection.data_received(post(b"/now", b"b"))
        assert not world.echo.seen

        connection.resume_writing()

        assert [body for _, _, body in read_answers(wire.sent)] == [b"a", b"b"]

    run(story())


def test_a_client_that_does_not_read_its_answers_is_cut_off() -> None:
    async def story() -> None:
        world = World(slow_reader_seconds=30)
        paused, paused_wire = world.connect()
        paused.pause_writing()
        idle, idle_wire = world.connect()
        idle.data_received(post(b"/large"))
        idle_wire.unread = len(LARGE)

        for seconds, is_cut_off in ((30, False), (1, True)):
            world.pass_seconds(seconds)

            assert paused_wire.is_aborted is is_cut_off
            assert idle_wire.is_aborted is is_cut_off

    run(story())


def test_an_idle_connection_is_closed_and_a_used_one_is_not() -> None:
    async def story() -> None:
        world = World()
        _, idle = world.connect()
        connection, used = world.connect()

        world.pass_seconds(70)
        connection.data_received(post())
        world.pass_seconds(6)

        assert idle.is_closed
        assert not idle.sent
        assert not used.is_closed

    run(story())


@pytest.mark.parametrize(
    ("begin", "seconds"),
    [
        (b"P", 10),
        (b"POST / HTTP/1.1\r\nHost: a\r\n", 10),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n", 30),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\nabc", 30),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 30),
        (post() + b"P", 10),
    ],
)
def test_a_request_that_is_dribbled_has_a_bounded_time(begin: bytes, seconds: int) -> None:
    async def story() -> None:
        world = World()
        connection, wire = world.connect()
        connection.data_received(begin)
        done = len(read_answers(wire.sent))
        for letter in (b"X", b"Y"):
            world.pass_seconds(seconds / 2 - 0.1)
            connection.data_received(letter) if b"chunked" not in begin else None
            assert statuses(wire.sent)[done:] == []

        world.pass_seconds(0.3)

        assert statuses(wire.sent)[done:] == [408]
        assert wire.has_ended

    run(story())


def test_an_answer_that_never_comes_is_given_up() -> None:
    async def story() -> None:
        world = World()
        connection, wire = world.connect()
        connection.data_received(post(b"/when-told"))
        await turn()

        world.pass_seconds(61)
        await turn()

        assert statuses(wire.sent) == [503]
        assert world.echo.cancelled == 1

    run(story())


def test_what_was_awaited_for_a_client_that_has_gone_is_given_up() -> None:
    async def story() -> None:
        world = World()
        connection, wire = world.connect()
        connection.data_received(post(b"/when-told"))
        await turn()

        connection.connection_lost(None)
        await turn()

        assert world.echo.cancelled == 1
        assert not wire.sent

    run(story())


@pytest.mark.parametrize("path", [b"/fails", b"/fails-later", b"/nonsense"])
@pytest.mark.parametrize("cut", [0, 10])
def test_a_failing_application_fails_one_request_and_its_log_names_nobody(
    path: bytes, cut: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        world = World()
        for _ in range(2):  # the second time on the quick way
            connection, wire = world.connect()
            raw = post(path, b"alice@example.com")
            for piece in (raw[:cut], raw[cut:]):
                connection.data_received(piece)
            await turn()
            connection.data_received(post(b"/now", b"goes on"))

            (status, _, body), (_, _, after) = read_answers(wire.sent)
            detail = "The service made an error. Nothing was decided."
            assert (status, body) == (500, problem(500, "internal_error", detail))
            assert after == b"goes on"

    with caplog.at_level(logging.INFO):
        run(story())

    assert "failed: " in caplog.text
    assert "alice" not in caplog.text


def test_the_body_is_asked_for_when_the_client_waits_to_send_it() -> None:
    async def story() -> None:
        world = World()
        connection, wire = world.connect()
        request = post(b"/now", b"abc", b"Expect: 100-continue")

        for piece in (request[:-3], request[-3:-1], request[-1:]):
            connection.data_received(piece)

        assert statuses(wire.sent) == [100, 200]
        connection.data_received(request)
        assert statuses(wire.sent) == [100, 200, 200]

    run(story())


def test_head_is_answered_without_a_body() -> None:
    async def story() -> None:
        world = World()
        connection, wire = world.connect()

        for path in (b"/large", b"/healthz", b"/fails"):
            connection.data_received(b"HEAD %b HTTP/1.1\r\nHost: a\r\n\r\n" % path)

        assert wire.sent.count(b"\r\n\r\n") == 3
        assert wire.sent.endswith(b"\r\n\r\n")

    run(story())


@pytest.mark.parametrize(
    "request_",
    [post(b"/last"), post(b"/now", b"", b"Connection: close"), b"GET /now HTTP/1.0\r\n\r\n"],
)
def test_the_last_answer_says_that_it_is(request_: bytes) -> None:
    async def story() -> None:
        world = World()
        connection, wire = world.connect()

        connection.data_received(request_ + post())

        ((_, headers, _),) = read_answers(wire.sent)
        assert headers[b"connection"] == b"close"
        assert wire.has_ended
        assert len(world.echo.seen) == 1
        world.pass_seconds(6)
        assert wire.is_aborted

    run(story())


def test_a_refused_client_may_finish_sending_but_not_for_ever() -> None:
    async def story() -> None:
        world = World(linger_bytes=1_000)
        connection, wire = world.connect()
        connection.data_received(b"nonsense\r\n\r\n")
        for is_too_much in (False, True):
            connection.data_received(post() + b"x" * 600)

            assert wire.is_closed is is_too_much
        assert statuses(wire.sent) == [400]
        assert not world.echo.seen

    run(story())


@pytest.mark.parametrize(
    "begin", [b"P", post()[:-10], post(b"/now", b"abc")[:-1], chunked(b"/now", b"a")[:-1]]
)
def test_a_request_that_is_cut_off_is_refused(begin: bytes) -> None:
    async def story() -> None:
        world = World()

        wire = await world.converse([post(b"/now", b"whole") + begin])

        assert statuses(wire.sent) == [200, 400]
        assert len(world.echo.seen) == 1

    run(story())


def test_a_client_above_the_limit_is_told_so_and_one_far_above_is_not() -> None:
    async def story() -> None:
        world = World(connections=1)
        world.connect()
        _, second = world.connect()
        _, third = world.connect()

        assert statuses(second.sent) == [503]
        assert not third.sent
        assert third.is_aborted

    run(story())


def test_all_clients_together_may_have_so_many_unfinished_bytes_here() -> None:
    async def story() -> None:
        world = World(buffered_bytes=1_000)
        wires = []
        for _ in range(2):
            connection, wire = world.connect()
            connection.data_received(post(b"/now", b"x" * 900)[:-100])
            wires.append(wire)

        assert [statuses(wire.sent) for wire in wires] == [[], [503]]

    run(story())


def test_a_body_in_chunks_is_refused_once_it_is_too_large() -> None:
    async def story() -> None:
        world = World(body_bytes=100)
        connection, wire = world.connect()

        connection.data_received(chunked(b"/now", b"x" * 60, b"x" * 41)[:-40])

        assert statuses(wire.sent) == [413]

    run(story())


@pytest.mark.parametrize("ending", [b"", b"\r\n", b"\r\n\r\n"])
def test_a_head_that_is_too_large_is_refused(ending: bytes) -> None:
    async def story() -> None:
        world = World(head_bytes=1_000)
        connection, wire = world.connect()

        connection.data_received(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 1_000 + ending)

        assert statuses(wire.sent) == [431]

    run(story())


@pytest.mark.parametrize(
    "begin",
    [b"GET /\r\n", b"GET / HTTP/1.1\n", b"GET / HTTP/1.1\r\nX: \x00", b"PRI * HTTP/2.0\r\n", b"\x16\x03"],
)
def test_what_cannot_become_a_request_any_more_is_refused_at_once(begin: bytes) -> None:
    async def story() -> None:
        world = World()
        connection, wire = world.connect()

        for number in range(len(begin)):
            connection.data_received(begin[number : number + 1])
        connection.data_received(b"\r\n")

        assert statuses(wire.sent)[0] in {400, 505}

    run(story())


def test_a_stopping_server_closes_the_idle_and_answers_the_rest_for_the_last_time() -> None:
    async def story() -> None:
        world = World()
        _, idle = world.connect()
        waiting, wire = world.connect()
        waiting.data_received(post(b"/when-told", b"a") + post(b"/now", b"b"))
        half, half_wire = world.connect()
        half.data_received(post(b"/now", b"abc")[:-1])
        await turn()

        world.server.begin_stop()
        world.echo.may_go_on.set()
        await turn()
        half.data_received(b"c")

        assert idle.is_closed
        for one in (wire, half_wire):
            ((status, headers, _),) = read_answers(one.sent)
            assert (status, headers[b"connection"]) == (200, b"close")
        _, late = world.connect()
        assert statuses(late.sent) == [503]

    run(story())
