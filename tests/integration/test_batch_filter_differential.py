"""Random tables about random people: no row passes the batch filter that the engine would not let pass."""

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from django.utils import timezone

from activation.client import Workings
from activation.client.frames import BatchFilter
from activation.client.kept_store import KeptStore
from activation.decisions.engine import decide
from activation.decisions.types import Decision, Question
from activation.snapshots.queries import open_snapshot
from activation.snapshots.resolving import KINDS
from consent.kernel.errors import AccordantError
from consent.ledger.queries import get_time
from consent.policies.document.reading import read_yaml
from consent.subjects.types import Identifier, IdentifierKind
from tests.client_world import SCOPES, Between, Here, World, make_key
from tests.differential_people import Crowd
from tests.enforcement_world import publish_policy
from tests.ledger_world import sequence_all
from tests.policy_documents import RETAILER

pytestmark = pytest.mark.django_db
COLUMNS = (IdentifierKind.CUSTOMER_ID, IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.DEVICE_ID)
PEOPLE, EVENTS, ROWS, QUESTIONS, ROUNDS = 40, 30, 40, 8, 3
Row = tuple[Identifier, ...]


class Tables:
    """Draws tables of people from a crowd: with those nobody knows, with nobody, and with two at once."""

    def __init__(self, crowd: Crowd, seed: int) -> None:
        self.crowd = crowd
        self.draw = random.Random(seed)  # noqa: S311 - draws rows, not secrets

    def rows(self) -> list[Row]:
        """Return whom each row names; some rows repeat others."""
        rows = [self._row() for _ in range(ROWS)]
        return rows + self.draw.choices(rows, k=ROWS // 2)

    def _row(self) -> Row:
        chance = self.draw.random()
        if chance < 0.1:
            return ()
        if chance < 0.2:
            return (Identifier(self.draw.choice(COLUMNS[:1]), f"stranger-{self.draw.randrange(5)}"),)
        named = {one.kind: one for one in self.draw.choice(self.crowd.people) if one.kind in COLUMNS}
        if chance > 0.9:
            named |= {one.kind: one for one in self.draw.choice(self.crowd.people) if one.kind in COLUMNS}
        kept = self.draw.sample(sorted(named), self.draw.randint(min(len(named), 1), len(named)))
        return tuple(named[kind] for kind in kept)


def to_table(rows: Sequence[Row]) -> pa.Table:
    values = [{one.kind: one.value for one in row} for row in rows]
    return pa.table({kind: pa.array([row.get(kind) for row in values], pa.string()) for kind in COLUMNS})


def ask_engine(rows: Sequence[Row], question: Question) -> list[tuple[Decision, bool] | None]:
    """Return the engine's decision on each row, from what PostgreSQL holds, and whether it is of an erased
    person, who looks like a stranger to a client; None for a row that names nobody, or somebody unreadable.
    """
    at = get_time()
    with open_snapshot(at=at) as snapshot:

        def ask(row: Row) -> tuple[Decision, bool] | None:
            try:
                [state] = snapshot.load_states([row])
            except AccordantError:
                return None
            decision = decide(snapshot.policy, snapshot.register, state, question, at)
            return decision, any(member.erased_at for member in state.members)

        known = {row: ask(row) for row in set(rows) if row}
        return [known.get(row) for row in rows]


def compare(world: World, rows: list[Row], question: Question, seen: Counter[str]) -> None:
    """Check that the filter lets nothing pass that the engine does not, and denies little else."""
    asked = BatchFilter(
        world.client,
        purpose=question.purpose,
        destination=question.destination,
        controller=question.controller,
        identifiers={kind.value: kind.value for kind in COLUMNS},
    )
    found = asked.filter(to_table(rows))
    told = zip(rows, found.allowed.to_pylist(), found.reasons.to_pylist(), strict=True)
    for (row, allowed, reason), theirs in zip(told, ask_engine(rows, question), strict=True):
        seen[reason] += 1
        if theirs is None:
            assert not allowed
            continue
        decision, is_erased = theirs
        assert not allowed or decision.allowed, (row, reason, decision)
        if len(row) == 1 and reason != "state_unavailable" and not is_erased:
            assert (allowed, reason) == (decision.allowed, decision.reason.value), (row, question)
    assert found.rows.num_rows == sum(found.allowed.to_pylist())


def compare_worlds(tmp_path: Path, seed: int) -> Counter[str]:
    text = RETAILER.read_text(encoding="utf-8")
    publish_policy(text)
    crowd = Crowd(read_yaml(text), seed=seed, now=timezone.now())
    crowd.register()
    crowd.arrive(PEOPLE)
    between = Between(inner=Here())
    world = World("http://localhost", make_key(*SCOPES), tmp_path / "snapshot", between, is_here=True)
    world.client.close()
    workings = Workings(transport=between, clock=world.clock, at_a_time=500)
    world.client = world.make(workings=workings, kinds=[kind.value for kind in KINDS])
    tables, seen = Tables(crowd, seed), Counter[str]()
    document = crowd.document
    pairs = [(p, slug) for slug, entry in document["destinations"].items() for p in entry["purposes"]]
    for _ in range(ROUNDS):
        crowd.happen(EVENTS)
        sequence_all()
        world.catch_up()
        for _ in range(QUESTIONS):
            purpose, destination = tables.draw.choice(pairs)
            controller = tables.draw.choice(sorted(document["controllers"]))
            question = Question(purpose=purpose, destination=destination, controller=controller)
            compare(world, tables.rows(), question, seen)
    world.client.close()
    return seen


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_no_row_passes_that_the_engine_would_not_let_pass(tmp_path: Path, seed: int) -> None:
    seen = compare_worlds(tmp_path, seed)

    assert len(seen) > 8
    assert {"granted", "identity_ambiguous", "subject_unknown", "state_unavailable"} <= seen.keys()


def test_a_planted_trust_in_one_of_several_identifiers_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KeptStore, "find_all", lambda self, lane, named, at: self.find(lane, *named[0], at))
    with pytest.raises(AssertionError):
        compare_worlds(tmp_path, 1)
