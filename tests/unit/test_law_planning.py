"""What an import would do to rows, found out without any."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.policies.law import planning
from consent.policies.law.planning import Outcome, Plan, StoredRow, key_of, plan_import, written
from consent.policies.law.types import AgeLimit, Provision
from consent.policies.law.words import AgeNeed, AgeTopic
from tests.law_world import cited


def limit(under: int = 16, *, year: int = 2020) -> AgeLimit:
    return AgeLimit(
        **cited("DE", effective_from=date(year, 1, 1)),
        topic=AgeTopic.DIGITAL_CONSENT,
        under=under,
        needs=AgeNeed.GUARDIAN,
    )


LIMITS = st.builds(limit, st.integers(13, 16), year=st.integers(2020, 2023))
TABLES = st.lists(LIMITS, max_size=4, unique_by=lambda row: row.effective_from)


@st.composite
def stored_rows(draw: st.DrawFn) -> list[StoredRow]:
    """Rows that were imported, some of them edited, and rows of officers; one for each first day."""
    values = draw(st.lists(LIMITS, max_size=4, unique_by=lambda row: row.effective_from))
    imported: list[Any] = [written(row) for row in draw(TABLES)]
    kept = [draw(st.sampled_from([None, written(value), *imported])) for value in values]
    once = [key_of(AgeLimit, one) for one in kept if one]
    return [
        StoredRow(pk=pk, value=value, imported=one)
        for pk, (value, one) in enumerate(zip(values, kept, strict=True))
        if one is None or once.count(key_of(AgeLimit, one)) == 1
    ]


def after(stored: Sequence[StoredRow], plan: Plan) -> list[Provision]:
    """Return the rows that are there when the plan is carried out."""
    left = [row.value for row in stored if row.place not in plan.drop]
    return [*left, *plan.make]


@given(stored=stored_rows(), wanted=TABLES, wins=st.booleans())
def test_no_two_rows_ever_begin_on_one_day(
    stored: list[StoredRow], wanted: list[AgeLimit], *, wins: bool
) -> None:
    rows = after(stored, plan_import(stored, wanted, replace=wins))

    assert len({row.effective_from for row in rows}) == len(rows)


@given(stored=stored_rows(), wanted=TABLES)
def test_what_officers_wrote_is_never_dropped(stored: list[StoredRow], wanted: list[AgeLimit]) -> None:
    rows = after(stored, plan_import(stored, wanted, replace=False))

    assert {row.value for row in stored if row.is_edited} <= set(rows)


@settings(max_examples=500)
@given(stored=stored_rows(), wanted=TABLES)
def test_where_the_table_wins_all_of_it_is_there(stored: list[StoredRow], wanted: list[AgeLimit]) -> None:
    rows = after(stored, plan_import(stored, wanted, replace=True))

    assert set(wanted) <= set(rows)
    own = {row.value.effective_from for row in stored if row.imported is None}
    assert {row.effective_from for row in rows if row not in wanted} <= own


@settings(max_examples=500)
@given(stored=stored_rows(), wanted=TABLES, wins=st.booleans())
def test_a_second_import_changes_nothing(
    stored: list[StoredRow], wanted: list[AgeLimit], *, wins: bool
) -> None:
    plan = plan_import(stored, wanted, replace=wins)
    left = [row for row in stored if row.place not in plan.drop]
    made = [StoredRow(pk=100 + i, value=one, imported=written(one)) for i, one in enumerate(plan.make)]

    again = plan_import([*left, *made], wanted, replace=wins)

    assert not again.drop
    assert not again.make
    assert set(again.outcomes) <= {Outcome.UNCHANGED, Outcome.KEPT}


def test_an_edit_that_says_what_the_table_now_says_is_the_tables_again() -> None:
    edited = StoredRow(pk=1, value=limit(15), imported=written(limit(16)))

    plan = plan_import([edited], [limit(15)], replace=False)

    assert plan.outcomes == {Outcome.UNCHANGED: 1}
    assert (list(plan.drop), plan.make) == ([edited.place], [limit(15)])


def moved_away() -> list[StoredRow]:
    """An imported row that an officer gave another day, and an officer's own row in its old place."""
    return [
        StoredRow(pk=1, value=limit(year=2021), imported=written(limit(year=2020))),
        StoredRow(pk=2, value=limit(year=2020), imported=None),
    ]


def test_a_row_that_an_officer_moved_and_wrote_anew_is_kept() -> None:
    plan = plan_import(moved_away(), [limit(year=2020)], replace=False)

    assert [row.pk for row in plan.kept.values()] == [1]


def test_a_row_that_an_officer_moved_goes_where_the_table_wins() -> None:
    stored = moved_away()

    assert after(stored, plan_import(stored, [limit(year=2020)], replace=True)) == [limit(year=2020)]


def test_a_row_that_was_moved_to_where_the_table_has_one_too_is_still_the_one_that_was_moved() -> None:
    moved = StoredRow(pk=1, value=limit(year=2020), imported=written(limit(year=2021)))

    plan = plan_import([moved], [limit(year=2020), limit(year=2021)], replace=False)

    assert (plan.drop, plan.make) == ({}, [])
    assert [row.pk for row in plan.kept.values()] == [1]


def test_a_field_that_an_earlier_import_did_not_know_is_no_edit() -> None:
    imported = {name: value for name, value in written(limit()).items() if name != "note"}

    assert not StoredRow(pk=1, value=limit(), imported=imported).is_edited
    assert StoredRow(pk=1, value=limit(15), imported=imported).is_edited


def test_without_a_look_at_edits_an_officers_work_would_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bug that the tests above guard against, planted."""
    edited = StoredRow(pk=1, value=limit(14), imported=written(limit(16)))
    monkeypatch.setattr(planning, "was_edited", lambda *_: False)

    assert plan_import([edited], [limit(15)], replace=False).drop


def test_each_outcome() -> None:
    stored = [
        StoredRow(pk=1, value=limit(year=2020), imported=written(limit(year=2020))),
        StoredRow(pk=2, value=limit(year=2021), imported=written(limit(year=2021))),
        StoredRow(pk=3, value=limit(13, year=2022), imported=written(limit(year=2022))),
        StoredRow(pk=4, value=limit(year=2023), imported=written(limit(year=2023))),
    ]
    wanted = [limit(year=2020), limit(15, year=2021), limit(year=2022), limit(year=2024)]

    plan = plan_import(stored, wanted, replace=False)

    assert plan.outcomes == dict.fromkeys(Outcome, 1)
    assert [row.pk for row in plan.drop.values()] == [2, 4]
    assert plan.make == [limit(15, year=2021), limit(year=2024)]
    assert [row.pk for row in plan.kept.values()] == [3]


def test_a_changed_note_is_a_change() -> None:
    stored = [StoredRow(pk=1, value=limit(), imported=written(limit()))]

    plan = plan_import(stored, [replace(limit(), note="Amended.")], replace=False)

    assert plan.outcomes == {Outcome.CHANGED: 1}
