"""Master keys of two versions, wrappers that do wrong, and work done at the same time."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections

from consent.keys.models import DataKey
from consent.keys.rules import LocalKeyWrapper

OLD: Mapping[int, bytes] = {1: b"\x33" * 32}
BOTH: Mapping[int, bytes] = {**OLD, 2: b"\x44" * 32}
NEW: Mapping[int, bytes] = {2: BOTH[2]}


def make_refs(count: int) -> list[str]:
    """Return so many references, in order."""
    return [f"sub_{number:06}" for number in range(count)]


def read_rows() -> list[tuple[str, int, bytes]]:
    """Return all rows as they are stored."""
    rows = DataKey.objects.order_by("pk").values_list("subject_ref", "kek_version", "wrapped")
    return [(ref, version, bytes(wrapped)) for ref, version, wrapped in rows]


class HookedWrapper(LocalKeyWrapper):
    """A wrapper that does something before each wrap."""

    def __init__(self, keys: Mapping[int, bytes], before: Callable[[], object]) -> None:
        super().__init__(keys)
        self._before = before

    def wrap(self, key: bytes, *, version: int, bound_to: bytes) -> bytes:
        self._before()
        return super().wrap(key, version=version, bound_to=bound_to)


class UnboundWrapper(LocalKeyWrapper):
    """A wrapper that forgets what a key is bound to."""

    def wrap(self, key: bytes, *, version: int, bound_to: bytes) -> bytes:
        return super().wrap(key, version=version, bound_to=bound_to[:0])

    def unwrap(self, wrapped: bytes, *, version: int, bound_to: bytes) -> bytes:
        return super().unwrap(wrapped, version=version, bound_to=bound_to[:0])


def make_unbound_wrapper() -> UnboundWrapper:
    """Return a wrapper that a setting may name."""
    return UnboundWrapper(BOTH)


def at_once(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run `works` in threads with connections of their own, and return what they return."""

    def run(work: Callable[[], Any]) -> Any:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as threads:
        return [task.result(60) for task in [threads.submit(run, work) for work in works]]
