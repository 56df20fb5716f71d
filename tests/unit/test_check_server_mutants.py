"""Mistakes planted in the server's source: each is noticed by what the other tests look at."""

import asyncio
import inspect
import sys
from types import ModuleType

import pytest
import uvloop

from activation.checks.server import careful, chunks, parsing, protocol, reader, second_reading
from activation.checks.server.http import Refused
from activation.checks.server.limits import Limits
from tests import check_server_world
from tests.check_server_world import Seen, World, chunked, post
from tests.refused_heads import REFUSED


def mutate(module: ModuleType, old: str, new: str) -> ModuleType:
    """Return `module` with one place of its source changed."""
    source = inspect.getsource(module)
    assert source.count(old) == 1, old
    mutant = ModuleType(module.__name__)
    sys.modules["mutant"] = mutant  # for dataclasses and enumerations to find
    exec(compile(source.replace(old, new), "<mutant>", "exec"), mutant.__dict__)  # noqa: S102 - our own source
    return mutant


def count_wrongly_taken(module: ModuleType) -> int:
    """Return how many of the heads that must be refused `module` takes, or refuses with another status."""
    wrong = 0
    for status, raw in REFUSED:
        try:
            module.parse(raw, Limits())
        except Refused as refused:
            wrong += refused.status != status
        except ValueError:
            wrong += 1
        else:
            wrong += 1
    return wrong


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("if length is not None:", "if False:"),  # both a length and a coding
        ('rb"[0-9]{1,18}"', 'rb"[+-]?[0-9]{1,18}"'),
        ("_LENGTH.fullmatch(length)", "_LENGTH.match(length)"),
        ('coding.lower() != b"chunked"', 'b"chunked" not in coding.lower()'),
        ("or _HOST.fullmatch(host) is None", ""),
        ('if host is None and version == b"0":', "if host is None:"),
        (r"[\t\x20-\x7e\x80-\xff]*+", r"[^\r]*+"),
        (r"[\t\x20-\x7e\x80-\xff]*+", r"[^\n]*+"),
        ('rb"(?:%b:%b\\r\\n)*+', 'rb"(?:%b[ \\t]*:%b\\r\\n)*+'),
        ("if name in headers and name in _ONCE:", "if False:"),
        ("if method not in METHODS:", "if False:"),
        (r"HTTP/([0-9])\.([0-9])\r\n", r"HTTP/([0-9])\.([0-9]) ?\r\n"),
        ('line[3] != b"1" or line[4] not in {b"0", b"1"}', "False"),
        ("absolute[1].lower() != (host", "False and (host"),
    ],
)
def test_a_head_wrongly_taken_is_noticed(old: str, new: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_reading, "compare", lambda *_, **__: None)
    assert not count_wrongly_taken(parsing)

    assert count_wrongly_taken(mutate(parsing, old, new))


KEYED_WITHOUT_ITS_END = (
    """end = data.find(b"\\r\\n\\r\\n") + 4
            head = self._look_up(data[:end])""",
    """end = data.find(b"\\r\\n\\r\\n") + 4 if b"\\r\\n\\r\\n" in data else len(data)
            head = self._look_up(data[:end].removesuffix(b"\\r\\n\\r\\n") + b"\\r\\n\\r\\n")""",
)
BODY = b"a" * 25
CONVERSATIONS = [
    [post(b"/now", BODY), post(b"/now", BODY) + post(b"/now", b"b"), post(b"/now", BODY)],
    [post(b"/now", BODY), post(b"/now", BODY)[:-5], BODY[:5]],
    [post(b"/now", BODY), post(b"/later", BODY) + post(b"/later", b"b"), post(b"/now", BODY)],
    [post(b"/later", b"abc"), post(b"/now", BODY), post(b"/later", b"abc"), post(b"/now", BODY)],
    [b"GET /now HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /now HTTP/1.1\r\nHost: a\r\n\r", b"\n"],
    [b"GET /now HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /now HTTP/1.1\r\nHost: a\r\n\r", b"X: 1\r\n\r\n"],
    [b"GET /now HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /now HTTP/1.1\r\nHost: a", b".b\r\n\r\n"],
    [chunked(b"/now", b"abc").replace(b"abc\r\n", b"abcXY")],
    [chunked(b"/now", b"abc", BODY)[:-30], chunked(b"/now", b"abc", BODY)[-30:] + post(b"/now", b"b")],
]


def hear_all(connection: type[protocol.Connection], *, waits: bool) -> list[tuple[list[Seen], bytes]]:
    """Return what the application was asked and what was answered in each conversation."""

    async def story() -> list[tuple[list[Seen], bytes]]:
        heard = []
        for pieces in CONVERSATIONS:
            world = World()
            wire = await world.converse(pieces, waits=waits)
            heard.append((world.echo.seen, bytes(wire.sent)))
        return heard

    with pytest.MonkeyPatch.context() as patch, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        patch.setattr(check_server_world, "Connection", connection)
        return runner.run(story())


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        (protocol, "head.quick_length == len(data) - end", "head.quick_length <= len(data) - end"),
        (protocol, "head.quick_length == len(data) - end", "head.quick_length >= 0"),
        (protocol, *KEYED_WITHOUT_ITS_END),
        (careful, "if self._task or self._is_stalled or", "if self._is_stalled or"),
        (careful, "self._is_quick = phase is Phase.IDLE and", "self._is_quick ="),
        (
            careful,
            "self._deliver(head, answer, start, received)\n        self._advance()",
            "self._advance()",
        ),
        (reader, "del self._buffer[:length]", "pass"),
        (reader, "if len(self._buffer) < length:", "if not self._buffer:"),
        (chunks, 'if not b"\\r\\n".startswith(ending):', "if False:"),
        (chunks, "del buffer[:position]", "pass"),
    ],
)
def test_a_request_wrongly_heard_is_noticed(module: ModuleType, old: str, new: str) -> None:
    right = hear_all(protocol.Connection, waits=True)
    assert [seen for seen, _ in right] == [seen for seen, _ in hear_all(protocol.Connection, waits=False)]

    mutant = mutate(module, old, new)

    assert is_noticed(mutant, right)


def is_noticed(mutant: ModuleType, right: list[tuple[list[Seen], bytes]]) -> bool:
    """Return whether any conversation with the mutant goes otherwise, or not at all."""
    with pytest.MonkeyPatch.context() as patch:
        if hasattr(mutant, "Reader"):
            patch.setattr("activation.checks.server.server.Reader", mutant.Reader)
        if hasattr(mutant, "ChunkedBody") and not hasattr(mutant, "Reader"):
            patch.setattr(reader, "ChunkedBody", mutant.ChunkedBody)
        connection = getattr(mutant, "Connection", protocol.Connection)
        if not hasattr(mutant, "Connection") and hasattr(mutant, "CarefulConnection"):
            own = {
                name: one for name, one in vars(connection).items() if name not in {"__dict__", "__weakref__"}
            }
            connection = type("Connection", (mutant.CarefulConnection,), own)
        try:
            return any(hear_all(connection, waits=waits) != right for waits in (True, False))
        except Exception:  # noqa: BLE001 - a mutant may fail in any way; that is noticed
            return True
