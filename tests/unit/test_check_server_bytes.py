"""Whatever bytes come, cut wherever: whole answers or an end, nothing logged, and one meaning."""

import asyncio
from collections.abc import Iterator

import pytest
import uvloop
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.check_server_bytes import anything, cut, last_requests, whole_requests
from tests.check_server_world import Seen, World, post, read_answers

FAILING = {b"/fails", b"/fails-later"}
CUTS = st.lists(st.integers(0, 2_000), max_size=15)
thorough = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as one:
        yield one


async def hear(pieces: list[bytes], *, waits: bool = False, times: int = 1) -> tuple[list[Seen], list[int]]:
    """Return what the application was asked, and the statuses of the answers, the last time of `times`."""
    world = World()
    for _ in range(times):
        world.echo.seen.clear()
        wire = await world.converse(pieces, waits=waits)
    statuses = [status for status, _, _ in read_answers(wire.sent) if status != 100]
    failures = [path for _, path, _, _ in world.echo.seen if path.split(b"?")[0] in FAILING]
    assert world.server.metrics.numbers[-1] == times * len(failures)
    return world.echo.seen, statuses


@thorough
@given(raw=anything, places=CUTS)
@example(raw=b"GET /now HTTP/1.1\r\nHost: a\r\n\r\n"[:-1], places=[])
def test_any_bytes_get_whole_answers_or_an_end(runner: asyncio.Runner, raw: bytes, places: list[int]) -> None:
    _, statuses = runner.run(hear(cut(raw, places)))

    # 500 is the path that fails, 405 may be the probe's answer: neither ends a connection.
    refusals = [status for status in statuses if status not in {200, 405, 500}]
    assert refusals in ([], statuses[-1:])
    assert set(refusals) <= {400, 408, 413, 417, 431, 501, 505}


@thorough
@given(raw=anything, places=CUTS)
@example(raw=post(b"/now", b"abc") + b"G", places=[3])
def test_any_bytes_mean_the_same_wherever_they_are_cut(
    runner: asyncio.Runner, raw: bytes, places: list[int]
) -> None:
    assert runner.run(hear([raw])) == runner.run(hear(cut(raw, places)))


@thorough
@given(requests=st.lists(whole_requests, min_size=1, max_size=5), last=last_requests, places=CUTS)
def test_whole_requests_on_the_quick_way_mean_what_they_mean_cut_anywhere(
    runner: asyncio.Runner, requests: list[bytes], last: bytes, places: list[int]
) -> None:
    quick = runner.run(hear([*requests, last], waits=True, times=2))
    careful = runner.run(hear(cut(b"".join([*requests, last]), places)))

    assert quick == careful
    assert len(quick[1]) == len(requests) + 1
