"""Random worlds of tables, and all small ones, are as plain Python computes them; planted bugs show."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import false

from consent.requests.connectors.sql import belonging, connector, keeping, matching
from consent.requests.types import OnErasure, StepState
from tests.conformance_requests.asking import collect, find, report
from tests.conformance_requests.harness import KEY
from tests.conformance_requests.harness_sql import SqlHarness
from tests.conformance_requests.row_oracle import ANN, SPELLINGS, TableOf, World
from tests.conformance_requests.sql_kinds import databases


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Make up to four tables with up to four rows each."""
    tables: list[TableOf] = []
    for index in range(draw(st.integers(1, 4))):
        parents = tuple(sorted(draw(st.sets(st.sampled_from(range(index)))))) if index else ()
        refs = [st.none() | st.integers(0, 3) for _ in parents]
        row = st.tuples(st.sampled_from(SPELLINGS), st.tuples(*refs))
        tables.append(
            TableOf(
                parents,
                tuple(draw(st.lists(row, max_size=4))),
                draw(st.sampled_from(OnErasure)),
                draw(st.booleans()),
            )
        )
    return World(tuple(tables))


def small_worlds() -> Iterator[World]:
    """Yield every world of Ann and Bob, and two rows that refer to either or to nobody."""
    people = (("ann@x.org", ()), ("bob@x.org", ()))
    for above, below in product(product(OnErasure, (False, True)), repeat=2):
        for refs in product((0, 1, None), repeat=2):
            rows = tuple((None, (ref,)) for ref in refs)
            yield World((TableOf((), people, *above), TableOf((0,), rows, *below)))


def compare(harness: SqlHarness, world: World) -> None:
    """Hold what the connector says and does against what is computed."""
    harness.clear()
    harness.run(*world.statements())
    for index in range(len(world.tables)):
        harness.put(world.name(index), world.rows(index))
    asked = harness.connect(*world.declared(), batch_rows=2)

    shown, _ = find(asked, ANN)
    _, collected = collect(asked, ANN)
    erased = asked.erase(ANN, key=KEY)

    for index, table in enumerate(world.tables):
        name = world.name(index)
        theirs = [row for row in range(len(table.rows)) if world.theirs(index, row)]
        touched = [row for row in theirs if world.is_touched(index, row)]
        assert len([1 for dataset, _ in collected if dataset == name]) == len(theirs)
        for told in (report(shown, name), report(erased, name)):
            assert (told.found, told.done, told.kept) == (
                len(theirs),
                len(touched),
                len(theirs) - len(touched),
            )
            assert bool(told.ground) == bool(told.kept)
        assert harness.held(name) == world.left(index)
    assert asked.verify_gone(ANN, key=KEY).state is StepState.DONE
    asked.erase(ANN, key=KEY)
    assert [harness.held(world.name(index)) for index in range(len(world.tables))] == [
        world.left(index) for index in range(len(world.tables))
    ]


@databases("sql-sqlite")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds())
def test_random_worlds_are_as_they_are_computed(harness: SqlHarness, world: World) -> None:
    compare(harness, world)


@databases("sql-postgresql", "sql-mariadb")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds())
def test_random_worlds_are_the_same_on_servers(harness: SqlHarness, world: World) -> None:
    compare(harness, world)


@databases("sql-sqlite")
def test_every_small_world_is_as_it_is_computed(harness: SqlHarness) -> None:
    for world in small_worlds():
        compare(harness, world)


def forget_references(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(belonging, "select", lambda *_: _Nothing())


class _Nothing:
    def where(self, _: Any) -> Any:
        return self

    def correlate(self, _: Any) -> Any:
        return [-1]


def forget_holds_of_children(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(keeping.Keeping, "_held", lambda *_: false())


def say_everything_is_masked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("consent.requests.connectors.sql.erasing._mask", lambda *_, **__: 1)
    patch.setattr(connector, "is_unmasked", lambda _: false())


def compare_letters_exactly(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(matching, "LOWERED", frozenset())


def forget_the_exact_comparison(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("consent.requests.connectors.sql.spellings.Wanted.matches", lambda *_: True)
    patch.setattr(matching, "_may_be", lambda column, *_, **__: column.like("%nn@x.org%"))


MUTANTS = (
    forget_references,
    forget_holds_of_children,
    say_everything_is_masked,
    compare_letters_exactly,
    forget_the_exact_comparison,
)
SEEN_BY = World(
    (
        TableOf((), (("ANN@X.org", ()), (" ann@x.org ", ()), ("nn@x.org", ())), OnErasure.DELETE),
        TableOf((0,), ((None, (0,)), (None, (2,))), OnErasure.MASK),
        TableOf((0,), ((None, (1,)),), OnErasure.DELETE, is_held=True),
    )
)


@databases("sql-sqlite")
def test_the_world_in_which_bugs_are_planted_is_well_without_them(harness: SqlHarness) -> None:
    compare(harness, SEEN_BY)


@databases("sql-sqlite")
@pytest.mark.parametrize("plant", MUTANTS)
def test_a_planted_bug_shows(
    harness: SqlHarness, plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)

    with pytest.raises(AssertionError):
        compare(harness, SEEN_BY)
