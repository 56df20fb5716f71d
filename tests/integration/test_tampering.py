"""Nothing in the ledger can be changed unnoticed: every row, every column, and for a few rows every bit."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.db import models

from consent.kernel.signing import VerifyKey
from consent.ledger import queries, services
from consent.ledger.models import Checkpoint, Leaf, LogKey, PrivatePart, TreeNode
from consent.ledger.types import LedgerChecks, LedgerReport, NewEntry, Stream
from consent.ledger.verification.leaves import check_leaf
from consent.records import queries as records
from consent.records.models import ConsentRecord, RecordedSignal, SignalMapping
from consent.subjects import queries as subjects
from consent.subjects.models import IdentifierIndex, Subject, SubjectFact, SubjectLink
from consent.subjects.services import erase_subject, unlink_subjects
from consent.subjects.types import SubjectRef
from tests.ledger_world import read_entries, sequence_all
from tests.records_world import JUNE_1, make_choice, make_new_row, record_all
from tests.tampering import Impossible, Tampering, list_flips, list_row_changes, tampered

pytestmark = pytest.mark.django_db

TABLES: list[type[models.Model]] = [
    Leaf,
    TreeNode,
    Checkpoint,
    LogKey,
    PrivatePart,
    ConsentRecord,
    RecordedSignal,
    SignalMapping,
    SubjectFact,
    SubjectLink,
    Subject,
    IdentifierIndex,
]
NOT_IN_THE_LEDGER = {"id", "created_at", "blind_index", "key_version", "erasure_run", "keys_kept_for"}
"""Columns that hold nothing of an event: made by us, or out of an identifier that only its key opens.

The run of an erasure in lineage stands there until the keys are gone, and so does the request whose steps
still need them: no leaf tells either, on purpose.
"""
EVENTS = 20


@pytest.fixture
def key() -> VerifyKey:
    """Return the published key of a ledger of 20 events under 6 checkpoints."""
    browser, customer = {"kind": "cookie_id", "value": "a1"}, {"kind": "customer_id", "value": "2"}
    rows = [
        make_new_row(identifiers=[browser]),
        make_new_row("2"),
        make_new_row(identifiers=[browser, customer], choices=[make_choice(choice="withdrawn")], facts=[]),
        make_new_row("3"),
        make_new_row("2", choices=[], facts=[], signals={"usp": "1YYN", "gpc": "1"}),
    ]
    recorded = []
    for row in rows:
        recorded += record_all(row)
        sequence_all()
        services.sign_checkpoint()
    link = SubjectLink.objects.get()
    erase_subject(ref=SubjectRef(recorded[3].subject_ref), requested_by="request:1", at=JUNE_1)
    left, right = SubjectRef(link.left_id), SubjectRef(link.right_id)
    unlink_subjects(left=left, right=right, officer=1, reason="two people", at=JUNE_1)
    while sequence_all() < EVENTS:
        services.append(stream=Stream.AUDIT, entries=[NewEntry("told", {})])
    services.sign_checkpoint()
    return VerifyKey.parse(queries.list_log_keys()[0].verify_key)


def verify(key: VerifyKey) -> LedgerReport:
    telling = subjects.TellingCheck()
    checks = LedgerChecks(
        copies=[records.check_records, subjects.check_facts, telling.check],
        untold=[records.find_untold_records, subjects.find_untold, telling.finish],
    )
    return services.verify_ledger(key=key, checks=checks)


def list_unnoticed(key: VerifyKey, tamperings: Iterator[Tampering]) -> tuple[int, list[str]]:
    """Return how many were tried, and the names of those that the verification passed over."""
    tried, unnoticed = 0, []
    for tampering in list(tamperings):
        try:
            with tampered(tampering):
                tried += 1
                if not verify(key).findings:
                    unnoticed.append(tampering.name)
        except Impossible:
            tried -= 1
    return tried, unnoticed


def test_an_honest_ledger_is_verified(key: VerifyKey) -> None:
    report = verify(key)

    assert not report.findings
    assert (report.leaves, report.signed_size, report.pending) == (EVENTS, EVENTS, 0)


@pytest.mark.parametrize("model", TABLES)
def test_no_column_of_any_row_is_changed_unnoticed(key: VerifyKey, model: type[models.Model]) -> None:
    tried, unnoticed = list_unnoticed(key, list_flips(model, every_bit=False, but=NOT_IN_THE_LEDGER))

    assert tried
    assert not unnoticed


@pytest.mark.parametrize("model", TABLES)
def test_no_row_is_deleted_cut_off_or_exchanged_unnoticed(key: VerifyKey, model: type[models.Model]) -> None:
    tried, unnoticed = list_unnoticed(key, list_row_changes(model))

    assert tried
    assert not unnoticed


@pytest.mark.long
@pytest.mark.parametrize("model", TABLES)
def test_no_bit_of_any_row_is_changed_unnoticed(key: VerifyKey, model: type[models.Model]) -> None:
    tried, unnoticed = list_unnoticed(key, list_flips(model, every_bit=True, but=NOT_IN_THE_LEDGER))

    assert tried > 1000 or model is LogKey
    assert not unnoticed


def test_no_bit_of_any_envelope_goes_unnoticed_even_without_the_tree(key: VerifyKey) -> None:
    for entry in read_entries():
        for place in range(len(entry.envelope)):
            for bit in range(8):
                changed = bytearray(entry.envelope)
                changed[place] ^= 1 << bit
                assert check_leaf(replace(entry, envelope=bytes(changed)))[1]


INJECTIONS = {
    "a leaf at the end": "INSERT INTO consent_ledger_leaf"
    " SELECT stream, kind, 'evt_forged', '', NULL, envelope, recorded_at, 20, leaf_hash"
    " FROM consent_ledger_leaf WHERE index = 3",
    "a node": "INSERT INTO consent_ledger_treenode SELECT 1, 10, hash FROM consent_ledger_treenode"
    " WHERE level = 1 AND index = 9",
    "a checkpoint": "INSERT INTO consent_ledger_checkpoint SELECT number + 1, size + 1, root, note"
    " FROM consent_ledger_checkpoint ORDER BY number DESC LIMIT 1",
    "a private part": "INSERT INTO consent_ledger_privatepart SELECT 'evt_forged', subject_ref, ciphertext"
    " FROM consent_ledger_privatepart LIMIT 1",
}


@pytest.mark.parametrize("name", INJECTIONS)
def test_what_was_slipped_in_is_found(key: VerifyKey, name: str) -> None:
    with tampered(Tampering(name, INJECTIONS[name])):
        assert verify(key).findings


def test_another_key_than_the_published_one_is_found(key: VerifyKey) -> None:
    other = VerifyKey(key.name, b"\x01" * 32)

    assert verify(other).findings[0].record == "log key 0"


def test_a_finding_names_the_record(key: VerifyKey) -> None:
    entry = read_entries()[7]
    change = Tampering(
        "a byte",
        "UPDATE consent_ledger_leaf SET envelope = set_byte(envelope, 40, 0) WHERE index = 7",
    )

    with tampered(change):
        [first, *_] = verify(key).findings

    assert first.record == f"leaf 7 ({entry.kind} {entry.event_id})"
