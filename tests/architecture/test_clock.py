"""Only what faces the outside reads the clock; everything below is told the time."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.source import FLOORS, Source, list_sources, snippet

CLOCKS = {
    "timezone": {"now", "localdate", "localtime"},
    "datetime": {"now", "today", "utcnow"},
    "date": {"today"},
    "time": {"time", "time_ns"},
}
FACING_OUTSIDE = {"api", "views", "tasks", "management", "admin"}


def find_clocks(source: Source) -> Iterator[str]:
    """Yield each place that reads the computer's clock."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS.get(_last_name(node.value), ()):
            yield f"{source.path}:{node.lineno}: {_last_name(node.value)}.{node.attr}"
    for line, name in source.imports():
        module, _, imported = name.rpartition(".")
        if imported in CLOCKS.get(module.rpartition(".")[2], ()) and name != "datetime.datetime":
            yield f"{source.path}:{line}: {name}"


def may_read_the_clock(source: Source) -> bool:
    """Return whether the file is one that faces the outside."""
    return source.package[0] == "config" or bool(FACING_OUTSIDE & {*source.package, source.path.stem})


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def test_nothing_below_the_surface_reads_the_clock() -> None:
    inner = [source for source in list_sources(*FLOORS) if not may_read_the_clock(source)]

    assert [fault for source in inner for fault in find_clocks(source)] == []


@pytest.mark.parametrize(
    "text",
    [
        "timezone.now()",
        "field(default=timezone.now)",
        "django.utils.timezone.now()",
        "from django.utils.timezone import now",
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "date.today()",
        "time.time()",
        "from time import time",
    ],
)
def test_a_look_at_the_clock_is_found(text: str) -> None:
    assert list(find_clocks(snippet(text)))


@pytest.mark.parametrize("text", ["from datetime import datetime", "time.monotonic()", "Now()", "period.now"])
def test_what_only_looks_like_a_clock_is_let_be(text: str) -> None:
    assert not list(find_clocks(snippet(text)))


def test_views_tasks_and_commands_may_read_it_and_services_may_not() -> None:
    assert may_read_the_clock(snippet("", path="consent/records/api/views.py"))
    assert may_read_the_clock(snippet("", path="lineage/outbox/tasks.py"))
    assert may_read_the_clock(snippet("", path="consent/policies/management/commands/import_policy.py"))
    assert not may_read_the_clock(snippet("", path="consent/records/services.py"))
