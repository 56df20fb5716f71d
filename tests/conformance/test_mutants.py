"""The suite finds what it is there to find: each planted fault turns one of its tests red."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from activation.destinations.kinds.done import Done
from activation.destinations.kinds.file.folder import Folder
from activation.destinations.kinds.kafka import connector as kafka
from activation.destinations.kinds.people import People
from activation.destinations.kinds.postgresql import connector as postgresql
from activation.destinations.kinds.postgresql import session, statements
from consent.network import resolving
from consent.network.errors import DeliveryRefused
from tests.conformance import test_deaths, test_deliveries, test_faults, test_removals, test_stores
from tests.conformance.harness import Harness
from tests.conformance.test_stores import group

Mutate = Callable[[pytest.MonkeyPatch], None]
Suite = Callable[[Any], object]


def write_in_place(patch: pytest.MonkeyPatch) -> None:
    """Write the file where readers see it, from the first byte."""
    write = Folder.write

    def exposed(self: Folder, name: str, pieces: Iterator[bytes]) -> None:
        write(self, name.removeprefix(".").removesuffix(".partial"), pieces)

    patch.setattr(Folder, "write", exposed)
    patch.setattr(Folder, "rename", lambda *_: None)


def forget_runs(patch: pytest.MonkeyPatch) -> None:
    """Know no run that was delivered."""
    patch.setattr(Done, "knows", lambda *_: False)
    patch.setattr(kafka, "find_rows", lambda *_, **__: None)


def commit_early(patch: pytest.MonkeyPatch) -> None:
    """Delete the audience before its rows are there, for all to see."""
    stage = statements.stage

    def early(connection: Any, target: Any, *rest: Any) -> None:
        statements.clear(connection, target, "lapsed_customers")
        connection.commit()
        stage(connection, target, *rest)

    patch.setattr(statements, "stage", early)


def add_only(patch: pytest.MonkeyPatch) -> None:
    """Leave the audience's earlier rows where they are."""
    patch.setattr(statements, "clear", lambda *_: None)


def quote_the_database(patch: pytest.MonkeyPatch) -> None:
    """Tell what the database said."""
    patch.setattr(session, "tell", lambda error: DeliveryRefused(f"SQLSTATE {error}"))


def let_local_addresses_pass(patch: pytest.MonkeyPatch) -> None:
    """Check no address."""
    patch.setattr(resolving, "may_connect", lambda *_, **__: True)
    patch.setattr(postgresql, "open_session", _unguarded)


def _unguarded(settings: Any, password: str, *, allow_local: bool) -> Any:
    return session.open_session(settings, password, allow_local=True)


def take_nobody_out(patch: pytest.MonkeyPatch) -> None:
    """Find no column by which people are known."""
    patch.setattr(People, "columns_among", lambda *_: [])


def never_commit(patch: pytest.MonkeyPatch) -> None:
    """Forget the end."""
    patch.setattr(psycopg.Connection, "commit", lambda _: None)
    patch.setattr(kafka, "commit", lambda *_: None)


EARLIER = test_stores.test_an_earlier_run_that_is_repeated_does_not_come_back
HALF = test_deaths.test_rows_that_cannot_be_read_to_the_end_leave_nothing_half
ARRIVES = test_deliveries.test_every_row_arrives_as_it_was
MUTANTS: list[tuple[str, Mutate, Suite]] = [
    ("file-csv", write_in_place, HALF),
    ("file-csv", forget_runs, EARLIER),
    ("file-csv", take_nobody_out, test_removals.test_people_are_taken_out_and_the_others_stay),
    ("object_store", forget_runs, EARLIER),
    ("kafka", forget_runs, test_deliveries.test_the_same_run_twice_is_there_once),
    ("kafka", never_commit, ARRIVES),
    ("postgresql", never_commit, ARRIVES),
    ("postgresql", add_only, test_deliveries.test_a_later_run_replaces_or_adds_as_the_kind_says),
    ("postgresql", commit_early, test_deaths.test_a_later_run_that_dies_leaves_the_earlier_one_as_it_was),
    ("postgresql", take_nobody_out, test_removals.test_people_are_taken_out_and_the_others_stay),
    ("postgresql", let_local_addresses_pass, test_faults.test_local_addresses_are_connected_to_by_leave_only),
    (
        "postgresql",
        quote_the_database,
        lambda harness: test_stores.test_a_row_that_the_table_refuses_is_not_quoted(
            harness, "customer_id", "integer", ""
        ),
    ),
]


@pytest.mark.parametrize(
    ("harness", "mutate", "suite"),
    [
        pytest.param(name, mutate, suite, id=f"{name}-{mutate.__name__}", marks=group(name).marks)
        for name, mutate, suite in MUTANTS
    ],
    indirect=["harness"],
)
def test_a_planted_fault_is_found(harness: Harness, mutate: Mutate, suite: Suite) -> None:
    suite(harness)
    harness.reset()

    with pytest.MonkeyPatch.context() as patched:
        mutate(patched)
        with pytest.raises((AssertionError, pytest.fail.Exception)):
            suite(harness)
