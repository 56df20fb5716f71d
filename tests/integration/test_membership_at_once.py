"""What destinations hold, changed by several at once: nobody is lost, and nobody comes back."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections, transaction

from activation.enforcement.membership import queries, services
from activation.enforcement.membership.models import Segment
from consent.subjects.types import SubjectRef
from tests.membership_world import JULY_1, hold, list_refs, make_member

pytestmark = pytest.mark.usefixtures("committed_database")
OTHER = "v" * 64
Call = Callable[[], object]


def at_once(*calls: Call) -> list[Any]:
    """Begin all the calls at one moment, each in a session of its own; return what each returned."""
    barrier = Barrier(len(calls))

    def begin(call: Call) -> object:
        barrier.wait()
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [one.result() for one in [pool.submit(begin, call) for call in calls]]


def forget(holding_id: int, refs: Sequence[str]) -> Call:
    """Return a call that forgets these one by one."""
    return lambda: [services.forget(holding_id=holding_id, gone=[(ref, ())]) for ref in refs]


def settle(holding_id: int) -> Call:
    """Return a call that settles each page there is."""

    def settle_all() -> int:
        pages = queries.list_due_pages(world=OTHER, limit=100)
        return sum(
            services.settle_page(
                one, allowed={member.name: JULY_1 for member in one.members}, denied=[], world=OTHER
            )
            for one in pages
            if one.holding.id == holding_id
        )

    return settle_all


def test_whom_several_forget_and_settle_on_one_page_at_once_is_forgotten_and_settled() -> None:
    refs = [f"p{number}" for number in range(60)]
    holding_id = hold(*map(make_member, refs))

    at_once(
        forget(holding_id, refs[:15]),
        forget(holding_id, refs[15:30]),
        settle(holding_id),
        settle(holding_id),
    )
    settle(holding_id)()

    assert list_refs(holding_id) == sorted(refs[30:])
    assert {member.ends_at for member in queries.read_members(holding_id)} == {JULY_1}
    assert queries.list_due_pages(world=OTHER, limit=10) != []  # the end is over, and the rules are known
    assert queries.count_members(holding_id) == 30


def test_whom_somebody_forgets_while_segments_are_put_together_is_forgotten() -> None:
    refs = [f"p{number}" for number in range(2000)]
    for part in range(10):
        holding_id = hold(*map(make_member, refs[part::10]))

    at_once(
        forget(holding_id, refs[:40]),
        forget(holding_id, refs[40:80]),
        settle(holding_id),
        lambda: services.compact(holding_id),
        lambda: services.compact(holding_id),
    )

    assert list_refs(holding_id) == sorted(refs[80:])
    assert queries.count_members(holding_id) == len(refs) - 80
    assert Segment.objects.count() <= 9


def _in_a_session(call: Call) -> None:
    try:
        call()
    finally:
        connections.close_all()


def test_segments_are_not_put_together_while_somebody_is_being_forgotten() -> None:
    for number in range(10):
        holding_id = hold(make_member(f"p{number}"))
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            services.forget(holding_id=holding_id, gone=[("p1", ())])
            compacting = pool.submit(_in_a_session, lambda: services.compact(holding_id))
            assert not compacting.done()
        compacting.result()

    assert list_refs(holding_id) == sorted(f"p{number}" for number in range(10) if number != 1)
    assert queries.list_held([SubjectRef("p1")]) == []
