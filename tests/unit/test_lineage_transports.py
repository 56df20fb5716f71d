"""The file that events are emitted to holds whole lines, whoever writes and whoever died."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest
from django.conf import LazySettings
from openlineage.client.client import Event
from openlineage.client.transport import ConsoleTransport, Transport
from pytest_django import Settings

from lineage.outbox.transports.configured import opened
from lineage.outbox.transports.names import list_names


def emit(transport: Transport, event: dict[str, Any]) -> None:
    transport.emit(cast("Event", event))


def make_only_transport(settings: Settings) -> Transport:
    configured = cast("LazySettings", settings)
    (name,) = list_names(configured)
    with opened(name, configured) as transport:
        return transport


@pytest.fixture
def make_file_transport(settings: Settings) -> Callable[[Path], Transport]:
    def make(path: Path) -> Transport:
        settings.LINEAGE_FILE = str(path)
        return make_only_transport(settings)

    return make


def test_without_a_file_events_go_to_the_log(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.LINEAGE_FILE = ""
    transport = make_only_transport(settings)

    with caplog.at_level("INFO", logger="openlineage"):
        emit(transport, {"a": 1})

    assert isinstance(transport, ConsoleTransport)
    assert [record.getMessage() for record in caplog.records] == ['{"a": 1}']


def test_each_event_is_one_more_line(
    tmp_path: Path, make_file_transport: Callable[[Path], Transport]
) -> None:
    path = tmp_path / "events.ndjson"

    emit(make_file_transport(path), {"n": 1})
    emit(make_file_transport(path), {"n": "line\nbreak"})

    assert lines_of(path) == [{"n": 1}, {"n": "line\nbreak"}]


@pytest.mark.parametrize("torn", ["{", '{"n": 0}\n{"n', '{"n": 0}\n' + "x" * 200_000])
def test_half_a_line_left_by_a_killed_process_is_removed(
    tmp_path: Path, make_file_transport: Callable[[Path], Transport], torn: str
) -> None:
    path = tmp_path / "events.ndjson"
    path.write_text(torn)

    emit(make_file_transport(path), {"n": 1})

    assert lines_of(path)[-1] == {"n": 1}
    assert len(lines_of(path)) == torn.count("\n") + 1


def test_writers_at_once_do_not_tear_each_others_lines(
    tmp_path: Path, make_file_transport: Callable[[Path], Transport]
) -> None:
    path = tmp_path / "events.ndjson"
    transports = [make_file_transport(path) for _ in range(4)]
    long = "x" * 100_000  # far longer than the client's write buffer

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: emit(transports[n % 4], {"n": n, "long": long}), range(40)))

    assert sorted(line["n"] for line in lines_of(path)) == list(range(40))


def test_a_file_that_cannot_be_written_is_an_error(
    tmp_path: Path, make_file_transport: Callable[[Path], Transport]
) -> None:
    with pytest.raises(OSError, match="directory"):
        emit(make_file_transport(tmp_path), {"n": 1})


def test_the_clients_switch_that_drops_events_silently_is_not_obeyed(
    tmp_path: Path, make_file_transport: Callable[[Path], Transport], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENLINEAGE_DISABLED", "true")
    path = tmp_path / "events.ndjson"

    emit(make_file_transport(path), {"n": 1})

    assert lines_of(path) == [{"n": 1}]


def lines_of(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]
