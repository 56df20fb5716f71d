"""Messages to workers carry ids, and nothing about anybody: a broker keeps no secrets, and forgets nobody."""

import ast
import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from config.celery import app
from tests.architecture.source import FLOORS, Source, list_sources, snippet

SENDING = {"send_task", "delay", "apply_async", "signature", "subtask", "si"}
COMPOSED = {"celery.chain", "celery.chord", "celery.group", "celery.signature"}
ID_NAMES = {"days", "destination", "limit", "slug"}  # besides what ends in `_id`
PLAIN = {int, int | None, str, str | None}
WAKING = "lineage/leases/waking.py"  # looks at what it sends


def find_messages(source: Source) -> Iterator[str]:
    """Yield each place that sends, or makes, a message that may carry more than ids."""
    for line, name in source.imports():
        if name in COMPOSED:
            yield f"{source.path}:{line}: {name}"
    for call in (node for node in ast.walk(source.tree) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        named = {one.arg: one.value for one in call.keywords}
        is_wrong = (name == "wake" and not all(map(is_id, named))) or (
            name in SENDING and str(source.path) != WAKING and not _sends_ids(name, call, named)
        )
        if is_wrong:
            yield f"{source.path}:{call.lineno}: {name}: wake(task, some_id=…)"


def is_id(name: object) -> bool:
    """Return whether an argument of this name is an id, a slug or a number."""
    return isinstance(name, str) and (name in ID_NAMES or name.endswith("_id"))


def _sends_ids(name: str, call: ast.Call, named: dict[str | None, ast.expr]) -> bool:
    """Return whether it is `send_task(task, kwargs={…ids…}, retry=False, expires=…)`, as `wake` does it."""
    ids = named.get("kwargs")
    keys = ids.keys if isinstance(ids, ast.Dict) else []
    return (
        name == "send_task"
        and len(call.args) == 1
        and set(named) == {"kwargs", "retry", "expires"}
        and bool(keys)
        and all(isinstance(key, ast.Constant) and is_id(key.value) for key in keys)
    )


def find_parameters(task: Any) -> Iterator[str]:
    """Yield each parameter of a task that could be more than an id; an unknown one must be let be."""
    parameters = inspect.signature(task.run, eval_str=True).parameters.values()
    if not any(one.kind is one.VAR_KEYWORD for one in parameters):
        yield f"{task.name}: **_ is missing: an old worker must survive a new argument"
    for one in parameters:
        if one.kind is not one.VAR_KEYWORD and not (is_id(one.name) and one.annotation in PLAIN):
            yield f"{task.name}: {one.name}: {one.annotation}"


def own_tasks() -> list[Any]:
    app.loader.import_default_modules()
    return [task for name, task in sorted(app.tasks.items()) if not name.startswith("celery.")]


def test_every_message_that_is_sent_carries_ids_only() -> None:
    assert [fault for source in list_sources(*FLOORS) for fault in find_messages(source)] == []


def test_every_task_takes_ids_only() -> None:
    assert len(own_tasks()) > 10
    assert [fault for task in own_tasks() for fault in find_parameters(task)] == []


@pytest.mark.parametrize(
    "text",
    [
        "wake('a.b', email=person.email)",
        "wake('a.b', **everything)",
        "task.delay(person.email)",
        "task.apply_async(kwargs={'run_id': 1})",
        "app.send_task('a.b', args=['x'], retry=False, expires=60)",
        "app.send_task('a.b', ['x'], kwargs={'run_id': 1}, retry=False, expires=60)",
        "app.send_task('a.b', kwargs={'identifiers': found}, retry=False, expires=60)",
        "app.send_task('a.b', kwargs=everything, retry=False, expires=60)",
        "app.send_task('a.b', kwargs={'run_id': 1}, retry=False)",
        "from celery import chain",
    ],
)
def test_a_message_that_may_carry_more_is_found(text: str) -> None:
    assert list(find_messages(snippet(text)))


@pytest.mark.parametrize(
    "text",
    [
        "wake('a.b', run_id=str(run_id))",
        "wake('a.b')",
        "current_app.send_task(TASK, kwargs={'slug': slug}, retry=False, expires=30)",
    ],
)
def test_a_message_of_ids_is_let_be(text: str) -> None:
    assert not list(find_messages(snippet(text)))


class _Task:
    name = "some.task"

    def __init__(self, run: Any) -> None:
        self.run = run


def _without_rest(run_id: str) -> None: ...
def _about_somebody(email: str, **_: object) -> None: ...
def _of_anything(run_id: dict[str, str], **_: object) -> None: ...
def _in_order(run_id: str, limit: int = 1, **_: object) -> None: ...


@pytest.mark.parametrize("run", [_without_rest, _about_somebody, _of_anything])
def test_a_task_that_takes_more_is_found(run: Any) -> None:
    assert list(find_parameters(_Task(run)))


def test_a_task_of_ids_is_let_be() -> None:
    assert not list(find_parameters(_Task(_in_order)))
