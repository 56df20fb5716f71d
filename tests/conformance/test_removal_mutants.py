"""Planted faults of listings and removals, each of which turns a test of the suite red."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from activation.destinations.kinds import people, rows_listed
from activation.destinations.kinds.file.folder import Folder
from activation.destinations.kinds.interface import Removal
from activation.destinations.kinds.kafka import connector as kafka
from activation.destinations.kinds.kafka import held, reading
from activation.destinations.kinds.object_store import connector as object_store
from activation.destinations.kinds.object_store.lock import Lock
from activation.destinations.kinds.postgresql import connector as postgresql
from activation.destinations.kinds.postgresql import statements
from activation.destinations.kinds.row_forms import plain
from activation.destinations.kinds.webhook import messages
from tests.conformance import test_broken_removals, test_listings, test_mutants, test_removals
from tests.conformance.harness import Fault, Harness
from tests.conformance.test_mutants import Mutate, Suite
from tests.conformance.test_stores import group

LISTINGS = (rows_listed, postgresql, held)


def take_nothing_for_a_name(patch: pytest.MonkeyPatch) -> None:
    """Let an identifier that is missing name everybody who lacks it."""

    def everybody(removal: Removal) -> Iterator[dict[str, str]]:
        for batch in removal.batches():
            for row in plain(batch).to_pylist():
                yield {name: str(value or "") for name, value in row.items()}

    patch.setattr(people, "known_people", everybody)


def write_together(patch: pytest.MonkeyPatch) -> None:
    """Hold no lock."""

    @contextmanager
    def unheld(*_: Any, **__: Any) -> Iterator[Any]:
        yield type("Unheld", (), {"fencing": staticmethod(lambda pieces: pieces)})

    def unlocked(*_: Any, **__: Any) -> AbstractContextManager[None]:
        return nullcontext()

    patch.setattr(Folder, "locked", unlocked)
    patch.setattr(object_store, "hold_lock", unheld)
    patch.setattr(statements, "lock", lambda *_: None)


def take_locks_of_others(patch: pytest.MonkeyPatch) -> None:
    """Find every lock left behind, and write on after one was taken away."""
    patch.setattr(Lock, "_is_left", lambda *_: True)
    patch.setattr(Lock, "confirm", lambda _: None)


def trust_in_keys(patch: pytest.MonkeyPatch) -> None:
    """Look for nobody in the topic."""
    patch.setattr(kafka, "is_found_by_key", lambda *_: True)


def pass_tombstones_over(patch: pytest.MonkeyPatch) -> None:
    """Tell of who was taken out."""
    real = reading.audience_of
    patch.setattr(held, "audience_of", lambda message: None if message.value() is None else real(message))


def tell_of_the_past(patch: pytest.MonkeyPatch) -> None:
    """Tell of everybody who was ever told of."""
    real, seen = rows_listed.as_listing, list[Any]()

    def stale(rows: Any, columns: list[str]) -> Any:
        seen.extend(row for row in rows if row not in seen)
        return real(seen, columns)

    for module in LISTINGS:
        patch.setattr(module, "as_listing", stale)


def forget_one(patch: pytest.MonkeyPatch) -> None:
    """Tell of one fewer than there are."""
    real = rows_listed.as_listing
    for module in LISTINGS:
        patch.setattr(module, "as_listing", lambda rows, columns: real(list(rows)[1:], columns))


def end_quietly(patch: pytest.MonkeyPatch) -> None:
    """Take a broken connection for the end."""
    real = postgresql._watched

    def quiet(*arguments: Any, **options: Any) -> Iterator[Any]:
        try:
            yield from real(*arguments, **options)
        except psycopg.Error:
            return

    patch.setattr(postgresql, "_watched", quiet)


def name_messages_anew(patch: pytest.MonkeyPatch) -> None:
    """Give each message an id of its own each time."""
    real = messages._message

    def anew(kind: str, of: Any, *rest: Any) -> Any:
        return real(kind, uuid4(), *rest)

    patch.setattr(messages, "_message", anew)


def known_by_one(harness: Harness) -> None:
    """Take out people of whom one identifier is known."""
    for nothing in ("", None):
        harness.reset()
        test_removals.test_who_is_known_by_one_identifier_takes_nobody_along_who_lacks_the_other(
            harness, nothing
        )


def cut_off(harness: Harness) -> None:
    """List people over a wire that is cut."""
    test_listings.test_a_listing_that_is_cut_off_is_never_taken_for_the_whole(harness, Fault.UNREACHABLE)


THERE = test_listings.test_after_delivering_and_taking_out_exactly_those_are_told_who_are_there
INTO_ANOTHER = test_broken_removals.test_a_removal_that_comes_into_another_is_not_lost
WHILE_DELIVERED = test_broken_removals.test_a_removal_while_a_delivery_runs_is_not_undone_by_it
ONCE = test_broken_removals.test_the_same_removal_after_a_lost_reply_has_the_same_effect_as_one
MUTANTS: list[tuple[str, Mutate, Suite]] = [
    ("file-csv", take_nothing_for_a_name, known_by_one),
    ("postgresql", take_nothing_for_a_name, known_by_one),
    ("kafka", trust_in_keys, known_by_one),
    ("file-csv", write_together, INTO_ANOTHER),
    ("object_store", write_together, INTO_ANOTHER),
    ("object_store", take_locks_of_others, INTO_ANOTHER),
    ("object_store", write_together, WHILE_DELIVERED),
    ("postgresql", write_together, WHILE_DELIVERED),
    ("kafka", pass_tombstones_over, THERE),
    ("file-ndjson", tell_of_the_past, THERE),
    ("object_store", tell_of_the_past, THERE),
    ("postgresql", tell_of_the_past, THERE),
    ("file-parquet", forget_one, THERE),
    ("object_store", forget_one, THERE),
    ("postgresql", forget_one, THERE),
    ("kafka", forget_one, THERE),
    ("postgresql", end_quietly, cut_off),
    ("webhook", name_messages_anew, ONCE),
]


@pytest.mark.parametrize(
    ("harness", "mutate", "suite"),
    [
        pytest.param(name, mutate, suite, id=f"{name}-{mutate.__name__}-{number}", marks=group(name).marks)
        for number, (name, mutate, suite) in enumerate(MUTANTS)
    ],
    indirect=["harness"],
)
def test_a_planted_fault_of_listings_and_removals_is_found(
    harness: Harness, mutate: Mutate, suite: Suite
) -> None:
    test_mutants.test_a_planted_fault_is_found(harness, mutate, suite)
