"""The sequencer's loop: when it ends, and what it has done by then."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, repeat
from typing import Any

import pytest
from django.db import connection, transaction

from consent.ledger import queries, services
from consent.ledger.types import NewEntry, Stream
from consent.ledger.witnesses.guard import WitnessGuard

MANY = 10


def append_one() -> None:
    """Append an event, on a connection of this thread's own."""
    try:
        with transaction.atomic():
            services.append(stream=Stream.AUDIT, entries=[NewEntry("something_happened", {})])
    finally:
        connection.close()


@pytest.mark.usefixtures("committed_database")
def test_one_that_is_told_to_stop_signs_what_there_was_and_stops_though_writers_go_on() -> None:
    append_one()
    taken = 0

    def write_after_each_take(execute: Callable[..., Any], statement: str, *arguments: Any) -> Any:
        nonlocal taken
        result = execute(statement, *arguments)
        if "DELETE FROM consent_ledger_pendingevent" in statement:
            taken += 1
            assert taken < MANY, "it goes on as long as anybody writes"
            another.submit(append_one).result()
        return result

    told = chain([False], repeat(True))
    with ThreadPoolExecutor(1) as another, connection.execute_wrapper(write_after_each_take):
        services.SequencerLoop(
            should_stop=lambda: next(told),
            wait=lambda _: None,
            clock=time.monotonic,
            guard=WitnessGuard([]),
        ).run()

    checkpoint = queries.get_checkpoint()
    assert checkpoint is not None
    assert (checkpoint.size, queries.get_size(), queries.count_pending()) == (1, 1, 1)
