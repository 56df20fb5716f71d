"""Canaries are hidden in every audience, whatever names its people; one that is not denied stops the run."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from activation.destinations.queries import get_register
from activation.enforcement.canaries.models import Incident
from activation.enforcement.canaries.types import CanaryAlarm, IncidentKind, Way
from activation.enforcement.judging import Judge
from activation.enforcement.models import EnforcementRun
from activation.enforcement.services import signing_key
from activation.enforcement.stream import Piece, Stream
from activation.enforcement.types import RunStatus
from consent.verifier.manifests.verification import load_evidence, verify_signed
from tests.deaths.home import at_home
from tests.delivery_world import Recipient, connected, ref_of
from tests.enforcement_world import (
    BRITON,
    GERMAN,
    REFUSED,
    WITHDRAWN,
    list_events,
    list_names,
    make_world,
    run,
    write_csv,
)

pytestmark = pytest.mark.django_db
Mutant = Callable[[pytest.MonkeyPatch], None]


def write_references(folder: Path) -> None:
    """Write an audience that names people by reference alone."""
    refs = [ref_of(one) for one in (GERMAN, BRITON, WITHDRAWN, REFUSED)]
    (folder / "audience.csv").write_text("subject_ref,spent\n" + "".join(f"{ref},1\n" for ref in refs))


def write_both(folder: Path) -> None:
    """Write an audience that names people by reference and by number."""
    rows = [f"{ref_of(one)},{one}\n" for one in (GERMAN, BRITON, WITHDRAWN, REFUSED)]
    (folder / "audience.csv").write_text("subject_ref,customer_id\n" + "".join(rows))


AUDIENCES: dict[str, Callable[[Path], object]] = {
    "by identifiers": write_csv,
    "by reference": write_references,
    "by both": write_both,
}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    make_world()
    folder = tmp_path / "shop"
    folder.mkdir()
    with at_home(folder):
        yield folder


@pytest.mark.parametrize(
    ("write", "rows", "members"),
    [(write_csv, 4, (6, 7)), (write_references, 1, (2, 2)), (write_both, 3, (4, 4))],
    ids=list(AUDIENCES),
)
def test_every_audience_has_canaries_of_which_nothing_is_told_but_their_number(
    folder: Path, write: Callable[[Path], object], rows: int, members: tuple[int, int]
) -> None:
    write(folder)

    result = run(folder)

    assert (result.canaries, result.allowed) == (rows * len(Way), 2)
    manifest = verify_signed(result.manifest.read_bytes(), signing_key().verify_key)
    evidence, _ = load_evidence(manifest, result.evidence)
    assert evidence is not None
    assert (len(evidence.allowed), len(evidence.denied)) == members
    assert len(result.output.read_text().splitlines()) == 1 + 2


def _drop(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = Stream.pieces

    def without_one(stream: Stream, columns: Any = None) -> Iterator[Piece]:
        return (piece for piece in pieces(stream, columns) if piece.canary != 1)

    monkeypatch.setattr(Stream, "pieces", without_one)


def _after_deciding(monkeypatch: pytest.MonkeyPatch, sql: str) -> None:
    decide = Judge.decide

    def decide_and_spoil(judge: Judge, roll: Path) -> None:
        decide(judge, roll)
        judge._duck.do(sql)

    monkeypatch.setattr(Judge, "decide", decide_and_spoil)


def _allow(monkeypatch: pytest.MonkeyPatch) -> None:
    _after_deciding(
        monkeypatch,
        "UPDATE decided SET outcome = (SELECT MIN(outcome) FROM verdicts WHERE allowed) WHERE canary = 1",
    )


def _answer_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    _after_deciding(monkeypatch, "INSERT INTO decided SELECT * FROM decided WHERE canary = 1")


MUTANTS: dict[str, tuple[Mutant, IncidentKind]] = {
    "one is dropped": (_drop, IncidentKind.CANARY_UNACCOUNTED),
    "one is allowed": (_allow, IncidentKind.CANARY_PASSED),
    "one is answered twice": (_answer_twice, IncidentKind.CANARY_UNACCOUNTED),
}


@pytest.mark.parametrize("write", AUDIENCES.values(), ids=list(AUDIENCES))
@pytest.mark.parametrize(("mutant", "kind"), MUTANTS.values(), ids=list(MUTANTS))
def test_a_canary_that_is_not_denied_once_stops_the_run(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    write: Callable[[Path], object],
    mutant: Mutant,
    kind: IncidentKind,
) -> None:
    write(folder)
    recipient = Recipient(tmp_path)
    mutant(monkeypatch)

    with connected(recipient), pytest.raises(CanaryAlarm):
        run(folder)

    failed, incident = EnforcementRun.objects.get(), Incident.objects.get()
    assert failed.status == RunStatus.FAILED
    assert [event["eventType"] for event in list_events(failed.pk)] == ["START", "FAIL"]
    assert (incident.kind, incident.run_id, incident.suspended) == (kind, failed.pk, True)
    assert get_register()["ads"].is_suspended(timezone.now())
    assert recipient.calls == []
    assert list_names(folder) == ["audience.csv"]
