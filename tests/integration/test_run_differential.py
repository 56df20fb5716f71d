"""Runs on random people: what leaves is what the engine allows, by the file of people and without it."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from activation.decisions.engine import decide
from activation.decisions.reasons import ALLOWING
from activation.decisions.types import Question
from activation.destinations.services import register_destination, resume_destination
from activation.destinations.types import DestinationKind
from activation.enforcement import people_file
from activation.enforcement.people_file import people_folder
from activation.enforcement.services import enforce_audience
from activation.snapshots.bulk.building import build
from activation.snapshots.queries import open_snapshot
from consent.kernel.errors import AccordantError
from consent.ledger.sequencing import sequence_pending
from consent.policies.document.reading import read_yaml
from consent.subjects.types import Identifier, IdentifierKind
from tests.differential_people import Crowd
from tests.enforcement_world import JAN_1, publish_policy
from tests.policy_documents import RETAILER, Document

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files_of_people(settings: Any, tmp_path: Path) -> None:
    settings.PEOPLE_FILE_FROM_BYTES = 0
    settings.SNAPSHOTS = tmp_path / "snapshots"


class World:
    """A crowd, most of whom are in a file of people, and their audience."""

    def __init__(self, folder: Path, seed: int, people: int) -> None:
        text = RETAILER.read_text(encoding="utf-8")
        publish_policy(text)
        self.folder = folder
        self.crowd = Crowd(read_yaml(text), seed=seed, now=timezone.now())
        self.crowd.lose_key = lambda: None  # type: ignore[method-assign]  # no run decides on the unreadable
        _register_all(self.crowd.document)
        self.crowd.arrive(people)
        for person in self.crowd.people[::2]:
            self.crowd.agree(
                person,
                place=self.crowd.draw.choice(["DE", "FR", "US-CA"]),
                controller=self.crowd.draw.choice(sorted(self.crowd.document["controllers"])),
            )
        self.crowd.happen(people)
        while sequence_pending():
            pass
        build(people_folder(), at=timezone.now())
        self.crowd.happen(people // 4)
        self.crowd.arrive(people // 10)
        for slug in set(self.crowd.suspended):
            resume_destination(slug=slug, reason="done", changed_by="officer", at=timezone.now())
        self.rows = [dict(row) for row in self._list_rows()]
        self.audience = folder / "audience.ndjson"
        self.audience.write_text("".join(f"{json.dumps(row)}\n" for row in self.rows), encoding="utf-8")

    def _list_rows(self) -> Iterator[dict[str, str | None]]:
        """Yield rows about everybody, by some identifiers of theirs or by somebody else's too; and nobody."""
        draw, people = self.crowd.draw, self.crowd.people
        kinds = [kind.value for kind in dict.fromkeys(one.kind for person in people for one in person)]
        for person in people:
            named = list(draw.sample(person, draw.randint(0, len(person))))
            named += [draw.choice(draw.choice(people))] if draw.random() < 0.2 else []
            yield dict.fromkeys(kinds) | {one.kind.value: one.value for one in named}

    def differences(self, question: Question) -> tuple[list[str], Counter[str]]:
        """Return where a run lets out other rows than the engine allows, and why it denied."""
        output = self.folder / f"{question.purpose}-{question.destination}.ndjson"
        result = enforce_audience(
            purpose=question.purpose,
            destination=question.destination,
            controller=question.controller,
            input_path=self.audience,
            output_path=output,
            at=timezone.now(),
        )
        wanted = Counter(self._reasons(question))
        denied = {reason.value: rows for reason, rows in wanted.items() if reason not in ALLOWING}
        allowed = sum(rows for reason, rows in wanted.items() if reason in ALLOWING)
        found = (result.allowed, dict(result.denied_by_reason))
        return (
            [] if found == (allowed, denied) else [f"{question}: {found} is not {allowed, denied}"]
        ), Counter(denied)

    def _reasons(self, question: Question) -> Iterator[Any]:
        at = timezone.now()
        with open_snapshot(at=at) as snapshot:
            for row in self.rows:
                named = _named(row)
                state = snapshot.load_states([named])[0]
                decision = decide(snapshot.policy, snapshot.register, state, question, at)
                strangers_only = not named and decision.allowed
                yield "subject_unknown" if strangers_only else decision.reason

    def questions(self) -> Sequence[Question]:
        document = self.crowd.document
        pairs = [
            (purpose, slug)
            for slug, entry in sorted(document["destinations"].items())
            for purpose in entry["purposes"]
        ]
        controllers = sorted(document["controllers"])
        return [
            Question(purpose=purpose, destination=slug, controller=controllers[number % len(controllers)])
            for number, (purpose, slug) in enumerate(pairs)
        ]


def _register_all(document: Document) -> None:
    for slug, entry in document["destinations"].items():
        kind = DestinationKind(entry["kind"])
        register_destination(slug=slug, kind=kind, title=slug, registered_by="officer", at=JAN_1)


def _named(row: dict[str, str | None]) -> list[Identifier]:
    return [Identifier(IdentifierKind(kind), value) for kind, value in row.items() if value]


def find_differences(folder: Path, *, seed: int, people: int, most: int) -> tuple[list[str], Counter[str]]:
    """Return the differences in one world, and every reason that was seen."""
    world = World(folder, seed, people)
    found: list[str] = []
    reasons: Counter[str] = Counter()
    for question in world.questions()[:most]:
        try:
            differences, seen = world.differences(question)
        except AccordantError as error:
            differences, seen = [f"{question}: {error!r}"], Counter()
        found += differences
        reasons += seen
    return found, reasons


def test_what_leaves_is_what_the_engine_allows(tmp_path: Path) -> None:
    found, reasons = find_differences(tmp_path, seed=11, people=120, most=6)

    assert not found[:1]
    assert len(reasons) >= 8


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20, 26))
def test_what_leaves_from_larger_crowds_is_what_the_engine_allows(tmp_path: Path, seed: int) -> None:
    found, _ = find_differences(tmp_path, seed=seed, people=600, most=20)

    assert not found[:1]


def test_a_run_that_forgets_who_changed_since_the_file_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_file, "list_changed", lambda **_: iter(()))

    found, _ = find_differences(tmp_path, seed=11, people=120, most=3)

    assert found
