"""The bulk query answers as the engine does: on cases, every short history, and people drawn at random."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from pyarrow import parquet

from activation.decisions.types import SubjectState
from activation.snapshots.bulk import lenses, planning
from activation.snapshots.bulk.planning import LensMissing
from tests.decisions.bulk import Bulk, Engine, OnDuck, by_reference
from tests.decisions.lanes import is_about_now
from tests.decisions.test_cases import CASES
from tests.decisions.test_lanes import (
    QUESTIONS,
    START,
    VARIANTS,
    WORLDS,
    People,
    renumbered,
)
from tests.decisions.test_laws import AT as LAWS_AT
from tests.decisions.test_laws import BASES, LETTERS, alone, record
from tests.decisions.test_laws import QUESTION as LAWS_QUESTION
from tests.decisions.test_laws import REGISTER as LAWS_REGISTER
from tests.decisions.world import BASE, World, policy_of, question_of, register_of, state_of

LATE = [
    START + timedelta(days=days, seconds=seconds) for days, seconds in ((28, 0), (59, 3), (180, 7), (395, 0))
]


@pytest.fixture
def duck(tmp_path: Path) -> OnDuck:
    return OnDuck(tmp_path)


def differences_in(world: World, folder: Path, engine: Engine, moments: Sequence[timedelta]) -> list[str]:
    """Return where the query differs from the engine on the one person of a world."""
    state, question, at = state_of(world), question_of(world), world["at"]
    if not is_about_now(question, state) or len(state.asked) != 1:
        return []
    [ref] = state.asked
    state = replace(state, complete_at=None, members=tuple(map(renumbered, state.members)))
    bulk = Bulk(folder, policy_of(world), register_of(world), {ref: state}, at)
    return [one for later in moments for one in bulk.differences(engine, question, at + later)]


def test_every_case_is_answered_alike(duck: OnDuck, tmp_path: Path) -> None:
    now_and_later = [timedelta(0), timedelta(days=400)]
    asked = [(world, [now_and_later[number % 2]]) for number, (world, _) in enumerate(CASES.values())]

    assert not [one for world, when in asked for one in differences_in(world, tmp_path, duck, when)][:1]


@pytest.mark.long
def test_every_case_is_answered_alike_now_and_later(duck: OnDuck, tmp_path: Path) -> None:
    now_and_later = [timedelta(0), timedelta(days=400)]
    worlds = [world for world, _ in CASES.values()]

    assert not [one for world in worlds for one in differences_in(world, tmp_path, duck, now_and_later)][:1]


@pytest.mark.long
def test_every_fault_and_pair_of_faults_is_answered_alike(duck: OnDuck, tmp_path: Path) -> None:
    ever = [timedelta(days=days) for days in (0, 400, 8000)]

    assert not [one for world in WORLDS for one in differences_in(world, tmp_path, duck, ever)][:1]


@pytest.mark.parametrize("basis", BASES)
def test_every_short_history_is_answered_alike(duck: OnDuck, tmp_path: Path, basis: str) -> None:
    histories = [
        alone([record(said, place) for place, said in enumerate(said_in_turn)])
        for length in range(4)
        for said_in_turn in product(LETTERS, repeat=length)
    ]
    bulk = Bulk(tmp_path, BASES[basis], LAWS_REGISTER, by_reference(histories), LAWS_AT)

    assert not bulk.differences(duck, LAWS_QUESTION, LAWS_AT)[:1]


def crowd(seed: int, count: int) -> dict[str, SubjectState]:
    """Return people drawn at random, some of each shape."""
    people = People(seed)
    states: list[SubjectState] = []
    while len(states) < count:
        state = people.person()
        states += [state, people.moved(state), people.moved(state)]
    return by_reference(states[:count])


def random_differences(seed: int, count: int, folder: Path, engine: Engine) -> list[str]:
    """Return where the query differs, about people drawn at random, under each variant of the policy."""
    found: list[str] = []
    for number, world in enumerate(VARIANTS):
        people = crowd(seed + number, count // len(VARIANTS))
        bulk = Bulk(
            folder, policy_of(world), register_of(world), people, START + timedelta(days=400 * (number % 2))
        )
        question = QUESTIONS[number % len(QUESTIONS)]
        found += bulk.differences(
            engine, question, max(bulk_moment(number), bulk.description.footer.complete_at)
        )
    return found


def bulk_moment(number: int) -> datetime:
    """Return a moment to ask about: months' ends, birthdays and plain days in turn."""
    return LATE[number % len(LATE)]


def test_20_000_people_drawn_at_random_are_answered_alike(duck: OnDuck, tmp_path: Path) -> None:
    assert not random_differences(1, 20_000, tmp_path, duck)[:1]


@pytest.mark.long
def test_a_million_people_drawn_at_random_are_answered_alike(duck: OnDuck, tmp_path: Path) -> None:
    for seed in range(100, 150):
        assert not random_differences(seed, 20_000, tmp_path, duck)[:1]


def test_most_people_drawn_stand_in_columns(tmp_path: Path) -> None:
    bulk = Bulk(tmp_path, policy_of(BASE), register_of(BASE), crowd(5, 600), START + timedelta(days=2000))

    assert 0 < bulk.description.footer.whole < 400


def test_a_purpose_that_somebody_spoke_of_and_no_lens_shows_is_not_decided(
    duck: OnDuck, tmp_path: Path
) -> None:
    people = crowd(6, 300)
    narrow = policy_of(BASE)
    few = replace(narrow, purposes={"storage": narrow.purposes["storage"]})
    bulk = Bulk(tmp_path, few, register_of(BASE), people, START + timedelta(days=900))
    bulk.policy = narrow

    with pytest.raises(LensMissing):
        bulk.decide(duck, question_of(BASE), START + timedelta(days=900))


def test_the_file_holds_no_reason_and_its_name_is_its_content(tmp_path: Path) -> None:
    people, at = crowd(7, 50), START + timedelta(days=900)
    first = Bulk(tmp_path / "one", policy_of(BASE), register_of(BASE), people, at)
    other = Bulk(tmp_path / "other", policy_of(BASE), register_of(BASE), people, at)

    names = parquet.read_schema(first.path).names
    assert not [name for name in names if "reason" in name or "outcome" in name]
    assert first.path.name == other.path.name
    assert first.description.footer.watermark == 7


@pytest.mark.parametrize(
    "mutant", ["no watch on periods", "ends forgotten", "ties by code only", "outcome of another"]
)
def test_planted_bugs_are_seen(
    mutant: str, duck: OnDuck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if mutant == "no watch on periods":
        monkeypatch.setattr(planning.Plan, "_watches", lambda _: iter(()))
    elif mutant == "ends forgotten":
        monkeypatch.setattr(planning.Plan, "_ends_of", lambda *_: (None, {}))
    elif mutant == "ties by code only":
        monkeypatch.setattr(
            lenses, "reduced_key", lambda shape, kept: (tuple(shape.numbers[one] for one in kept), (), (), ())
        )
    else:
        original = planning.Outcomes.number_of
        monkeypatch.setattr(
            planning.Outcomes, "number_of", lambda self, decision: max(original(self, decision) - 1, 0)
        )
    try:
        seen = random_differences(1, 3_000, tmp_path, duck)
    except (LookupError, ValueError):
        return  # the bug was too loud to be decided by
    assert seen
