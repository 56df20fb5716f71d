"""What pure functions of policies answered before in this process, so that it is not worked out again.

Nearly every test of the upper rooms begins with a policy that is read, validated and held against the law,
and they are the same few policies each time. A function is remembered only where another module calls it: a
test that calls it itself gets the function. While any of the code that the functions are made of is not what
it was at the start, nothing is remembered and nothing told from memory: what a planted bug answers is worked
out. Questions are compared, and answers handed out, as bytes: each caller's answer is its own.
"""

import pickle
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from importlib import import_module
from operator import is_
from types import FunctionType, ModuleType
from typing import Any

REMEMBERED = (
    ("consent.policies.document.reading", "read_yaml"),
    ("consent.policies.document.validation", "validate"),
    ("consent.policies.document.writing", "write_yaml"),
    ("consent.policies.law.lint", "find_warnings"),
)
CALLERS = (
    "consent.policies.drafting",
    "consent.policies.packs",
    "consent.policies.queries",
    "consent.policies.review",
    "tests.policy_documents",
    "tests.policy_officers",
    "tests.portal_world",
)
MOST = 2_000
"""Answers of one function that are kept; one is some ten thousand bytes."""


def install() -> None:
    """Let the callers ask a memory from now on."""
    memory = Memory(list_modules())
    for place, name in REMEMBERED:
        function = getattr(import_module(place), name)
        asked = memory.wrap(function)
        for caller in map(import_module, CALLERS):
            if getattr(caller, name, None) is function:
                setattr(caller, name, asked)


def list_modules() -> list[ModuleType]:
    """Return the modules of ours that the functions are made of: their own, and all those import from."""
    found: dict[str, ModuleType] = {}
    waiting = [place for place, _ in REMEMBERED]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = import_module(name)
            waiting += filter(_is_ours, map(_origin, vars(found[name]).values()))
    return list(found.values())


def _origin(value: object) -> str:
    """Return the module that `value` is, or comes from; empty if it does not tell."""
    name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", "")
    return name if isinstance(name, str) else ""


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in {"activation", "config", "consent", "lineage"}


class Memory:
    """Answers by question, for as long as the code that they rest on is what it was."""

    def __init__(self, modules: Sequence[ModuleType]) -> None:
        self._modules = modules
        self._code = tuple(list_code(modules))  # kept: nothing new can lie where something of it lay

    def wrap(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return `function`, which is worked out once for each question."""
        known: dict[bytes, bytes] = {}

        @wraps(function)
        def ask(*arguments: Any, **named: Any) -> Any:
            question = self._write(arguments, named)
            if question in known:
                return pickle.loads(known[question])  # noqa: S301 - bytes of our own
            answer = function(*arguments, **named)
            if question is not None and len(known) < MOST:
                known[question] = pickle.dumps(answer)
            return answer

        return ask

    def is_as_it_was(self) -> bool:
        """Return whether all code that the functions are made of is what it was at the start."""
        now = tuple(list_code(self._modules))
        return len(now) == len(self._code) and all(map(is_, now, self._code))

    def _write(self, arguments: tuple[Any, ...], named: dict[str, Any]) -> bytes | None:
        """Return the question as bytes; None if it has to be worked out."""
        if not self.is_as_it_was():
            return None
        try:
            return pickle.dumps((arguments, named))
        except Exception:  # noqa: BLE001 - what has no bytes is worked out, whatever the reason
            return None


def list_code(modules: Sequence[ModuleType]) -> Iterator[object]:
    """Yield all that another thing can be put in place of: names of modules, of classes, of tables."""
    for module in modules:
        for name, value in vars(module).items():
            if not name.startswith("__"):
                yield value
                yield from _parts(value, module.__name__)


def _parts(value: object, place: str) -> Iterator[object]:
    """Yield what `value` is made of; a function or a class that comes from elsewhere is looked at there."""
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value
    elif isinstance(value, FunctionType) and value.__module__ == place:
        yield value.__code__
    elif isinstance(value, type) and value.__module__ == place:
        yield from _members(value)


def _members(kind: type) -> Iterator[object]:
    for name, member in vars(kind).items():
        if name != "__slotnames__":  # what `copyreg` notes where a value is pickled for the first time
            yield member
        if isinstance(member, FunctionType):
            yield member.__code__
