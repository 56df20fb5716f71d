"""A question that names a write waits for it in the store, for a while and not too many at a time."""

import asyncio

import pytest

from activation.checks.answering import awaiting
from activation.checks.answering.awaiting import LOOKS, WriteAwaited, WriteWaiter
from activation.snapshots.freshness import age_of, is_fresh
from activation.snapshots.store.forms import Poll


class Store:
    """Has the write at the look `there_at`."""

    def __init__(self, there_at: int) -> None:
        self.there_at, self.looks = there_at, 0

    def answer(self) -> bytes | None:
        self.looks += 1
        if self.looks < self.there_at:
            raise WriteAwaited
        return b"answer"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awaiting, "LOOKED_EVERY", 0)


def test_the_answer_is_given_once_the_write_is_there() -> None:
    store = Store(there_at=7)

    assert asyncio.run(WriteWaiter().wait(store.answer)) == b"answer"
    assert store.looks == 7


def test_a_write_that_does_not_come_is_waited_for_no_longer_than_said() -> None:
    store = Store(there_at=10_000)

    assert asyncio.run(WriteWaiter().wait(store.answer)) is None
    assert store.looks == LOOKS


def test_only_so_many_wait_at_a_time_and_they_make_room_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awaiting, "MOST_WAITING", 2)
    waiter, stores = WriteWaiter(), [Store(there_at=3) for _ in range(3)]

    async def ask_all() -> list[bytes | None]:
        return await asyncio.gather(*(waiter.wait(store.answer) for store in stores))

    assert asyncio.run(ask_all()) == [b"answer", b"answer", None]
    assert asyncio.run(waiter.wait(Store(there_at=1).answer)) == b"answer"


POLL = Poll(
    boot=b"b" * 16,
    started=100,
    pending_since=100,
    complete_at=0,
    watermark=1,
    world_version=1,
    keys_version=1,
)


@pytest.mark.parametrize(
    ("now", "boot", "age"), [(100, b"b", 0), (130, b"b", 30), (99, b"b", None), (130, b"c", None)]
)
def test_the_age_of_a_store_is_known_only_by_the_clock_that_it_was_written_by(
    now: int, boot: bytes, age: int | None
) -> None:
    assert age_of(POLL, now=now, boot=boot * 16) == age
    assert is_fresh(POLL, now=now, boot=boot * 16, bound=30) is (age is not None)
    assert not is_fresh(POLL, now=131, boot=boot * 16, bound=30)
