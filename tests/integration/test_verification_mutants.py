"""A verification with a part missing lets something pass: each part is needed, and tests would see it go."""

from collections.abc import Iterator
from types import ModuleType

import pytest

from consent.kernel.checkpoints import Checkpoint, read_checkpoint
from consent.kernel.handover import KeyChain
from consent.kernel.notes import read_note
from consent.ledger import services
from consent.ledger.signing import get_signing_key
from consent.ledger.types import LedgerChecks, LedgerReport
from consent.ledger.verification import leaves, tree, walk
from consent.records import queries as records
from tests.ledger_world import sequence_all
from tests.records_world import make_new_row, record_all
from tests.tampering import Tampering, tampered

pytestmark = pytest.mark.django_db

NOTE = "convert_from(note, 'UTF8')"
LAST = "(SELECT max(number) FROM consent_ledger_checkpoint)"
TAMPERINGS = {
    "a private part": "UPDATE consent_ledger_privatepart SET ciphertext = ciphertext || 'x'",
    "a node": "UPDATE consent_ledger_treenode SET hash = sha256(hash) WHERE level = 1 AND index = 0",
    "a node too many": "INSERT INTO consent_ledger_treenode VALUES (9, 9, sha256('x'))",
    "a signature": "UPDATE consent_ledger_checkpoint SET note = convert_to("
    f"left({NOTE}, -10) || 'AAAAAA' || right({NOTE}, 4), 'UTF8') WHERE number = {LAST}",
    "a column": "UPDATE consent_ledger_leaf SET kind = 'shown' WHERE kind = 'choice_recorded'",
    "a record": "UPDATE consent_records_consentrecord SET purpose = 'other'",
    "the end": f"DELETE FROM consent_ledger_checkpoint WHERE number = {LAST}",
}


def nothing(*_: object) -> Iterator[None]:
    return iter(())


def trust_the_note(note: bytes, _: KeyChain | None) -> Checkpoint:
    return read_checkpoint(read_note(note).text)


MUTANTS: dict[str, tuple[ModuleType, str, object]] = {
    "a private part": (walk, "check_private_parts", nothing),
    "a node": (tree, "_compare", nothing),
    "a node too many": (walk, "_find_extra_nodes", nothing),
    "a signature": (tree, "_verify", trust_the_note),
    "a column": (leaves, "_columns", lambda _: {}),
    "the end": (walk, "_is_signed_by_now", lambda *_: True),
}


@pytest.fixture(autouse=True)
def _ledger(db: None) -> None:
    for person in "12":
        record_all(make_new_row(person))
        sequence_all()
        services.sign_checkpoint()


def verify(*, with_records: bool = True) -> LedgerReport:
    checks = LedgerChecks(copies=[records.check_records] if with_records else [])
    return services.verify_ledger(key=get_signing_key().verify_key, checks=checks)


@pytest.mark.parametrize("name", TAMPERINGS)
def test_the_whole_verification_finds_it(name: str) -> None:
    with tampered(Tampering(name, TAMPERINGS[name])):
        assert verify().findings


@pytest.mark.parametrize("name", MUTANTS)
def test_without_its_part_it_passes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, part, bug = MUTANTS[name]
    monkeypatch.setattr(module, part, bug)

    with tampered(Tampering(name, TAMPERINGS[name])):
        assert not verify(with_records=name != "a column").findings


def test_without_the_records_compared_a_changed_record_passes() -> None:
    with tampered(Tampering("a record", TAMPERINGS["a record"])):
        assert not verify(with_records=False).findings
