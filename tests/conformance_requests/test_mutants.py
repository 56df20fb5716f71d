"""Bugs planted in the SQL connector: the tests that are there to see them do."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import false

from consent.requests.connectors.interface import SystemRefused
from consent.requests.connectors.sql import checks, connector, erasing, errors, keeping, matching
from consent.requests.connectors.sql.spellings import Wanted
from tests.conformance_requests import test_erasing, test_garbage, test_matching, test_requests
from tests.conformance_requests.harness_sql import SqlHarness
from tests.conformance_requests.sql_kinds import databases

Plant = Callable[[pytest.MonkeyPatch], None]
Seen = Callable[[SqlHarness], None]


def repeat_what_the_driver_says(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(errors, "explain", lambda error: SystemRefused(f"not declared: {error.orig}"))


def keep_each_dataset_by_itself(patch: pytest.MonkeyPatch) -> None:
    real = erasing.erase_rows

    def erase(session: Any, *arguments: Any, **options: Any) -> Any:
        report = real(session, *arguments, **options)
        session.connection.commit()
        return report

    patch.setattr(connector, "erase_rows", erase)


def believe_what_was_said(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(connector.SqlConnector, "_left", lambda *_: 0)


def let_parents_of_held_rows_go(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(keeping.Keeping, "_stays", lambda *_: false())


def look_at_masks_afterwards(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(checks, "_faults", lambda *_: iter(()))


def trust_the_collation(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(matching, "_may_be", lambda column, *_, **__: column.ilike("c-1%"))
    patch.setattr(Wanted, "matches", lambda *_: True)


def give_up_for_good_where_it_may_work_later(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(errors, "_LATER", ())


def write_while_showing(patch: pytest.MonkeyPatch) -> None:
    def find(self: Any, person: Any, sink: Any, *, limit: int) -> Any:
        return self.erase(person, key="")

    patch.setattr(connector.SqlConnector, "find", find)


def hand_over_raw_values(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(connector, "plain", lambda value: value)


MUTANTS: tuple[tuple[Plant, Seen], ...] = (
    (repeat_what_the_driver_says, test_erasing.test_rows_of_a_table_that_nobody_declared_keep_all_as_it_was),
    (keep_each_dataset_by_itself, test_erasing.test_rows_of_a_table_that_nobody_declared_keep_all_as_it_was),
    (believe_what_was_said, test_requests.test_asking_again_finds_what_a_lying_erasure_left),
    (let_parents_of_held_rows_go, test_erasing.test_a_hold_on_children_keeps_their_parents_too),
    (
        look_at_masks_afterwards,
        test_erasing.test_masked_rows_that_would_go_on_referring_to_erased_ones_are_refused,
    ),
    (
        trust_the_collation,
        test_matching.test_a_customer_number_is_compared_to_the_letter_whatever_the_collation_is,
    ),
    (
        give_up_for_good_where_it_may_work_later,
        test_garbage.test_rows_that_come_in_between_are_found_when_asked_again_and_a_lock_does_not_hang,
    ),
    (write_while_showing, test_requests.test_a_dry_run_shows_what_would_go_and_changes_nothing),
    (hand_over_raw_values, test_garbage.test_garbage_in_postgresql_is_handed_over_as_plain_values),
)


@databases("sql-postgresql")
@pytest.mark.parametrize(("plant", "seen_by"), MUTANTS)
def test_a_planted_bug_is_seen(
    harness: SqlHarness, plant: Plant, seen_by: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)

    with pytest.raises((AssertionError, SystemRefused, pytest.fail.Exception)):
        seen_by(harness)
