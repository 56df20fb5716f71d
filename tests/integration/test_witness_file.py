"""`verify_ledger --witness`: a ledger that was rolled back as a whole looks whole, except to the witness."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

from consent.kernel.checkpoints import Checkpoint, sign_checkpoint
from consent.kernel.signing import SigningKey
from consent.kernel.witness import write_line
from consent.ledger import queries
from tests.evidence_world import first_key, hand_over, record, seal

pytestmark = pytest.mark.django_db

_ROLL_BACK = """
    DELETE FROM consent_ledger_checkpoint WHERE size > {kept};
    DELETE FROM consent_ledger_treenode WHERE (index + 1) << level > {kept};
    DELETE FROM consent_records_consentrecord WHERE record_id IN
        (SELECT event_id FROM consent_ledger_leaf WHERE index >= {kept});
    DELETE FROM consent_records_currentchoice WHERE record_id IN
        (SELECT event_id FROM consent_ledger_leaf WHERE index >= {kept});
    DELETE FROM consent_subjects_subjectfact WHERE fact_id IN
        (SELECT event_id FROM consent_ledger_leaf WHERE index >= {kept});
    DELETE FROM consent_ledger_leaf WHERE index >= {kept};
    UPDATE consent_subjects_subject AS subject SET version = COALESCE(
        (SELECT max(subject_version) FROM consent_ledger_leaf WHERE subject_ref = subject.ref), 0);
"""


@contextmanager
def rolled_back(kept: int) -> Iterator[None]:
    """Hold the database as if nothing behind the first `kept` leaves had ever been written."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in _ROLL_BACK.format(kept=kept).split(";")[:-1]:
            cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")
        try:
            yield
        finally:
            transaction.set_rollback(True)


def verify(*options: str) -> str:
    """Return what `verify_ledger` prints; what it prints before it fails is in the error."""
    out = StringIO()
    try:
        call_command("verify_ledger", "--key", first_key().text, *options, stdout=out, stderr=StringIO())
    except CommandError as error:
        raise CommandError(f"{out.getvalue()}{error}") from error
    return out.getvalue()


def witness_now(path: Path) -> None:
    """Let the witness keep the newest checkpoint."""
    checkpoint = queries.get_checkpoint()
    assert checkpoint is not None
    with path.open("ab") as file:
        file.write(write_line(checkpoint.note))


@pytest.fixture
def witness(tmp_path: Path) -> Path:
    """Return the file of a witness that saw a ledger of eight leaves grow."""
    path = tmp_path / "witness"
    for number in range(4):
        record(str(number % 2))
        seal()
        witness_now(path)
    return path


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.management.commands.verify_ledger._PATIENCE", [])


def test_a_ledger_that_the_witness_saw_is_verified(witness: Path) -> None:
    record("9")
    seal()  # the witness need not have seen the last ones

    said = verify("--witness", str(witness))

    assert "the 4 checkpoints that the witness kept are in this ledger" in said
    assert said.endswith("verified\n")


@pytest.mark.parametrize("kept", [2, 4, 6])
def test_a_ledger_rolled_back_whole_is_green_alone_and_red_with_the_witness(witness: Path, kept: int) -> None:
    with rolled_back(kept):
        assert verify().endswith("verified\n")
        with pytest.raises(CommandError, match=f"not verified: {4 - kept // 2} findings") as refusal:
            verify("--witness", str(witness))

    assert "FAILED  the log is shorter than the 8 leaves that were witnessed" in str(refusal.value)


def test_a_ledger_rolled_back_and_written_on_is_red_with_the_witness(witness: Path) -> None:
    with rolled_back(4):
        for number in range(3):
            record(str(number))
        seal()
        assert verify().endswith("verified\n")
        with pytest.raises(CommandError, match="not verified: 2 findings") as refusal:
            verify("--witness", str(witness))

    assert "FAILED  the log's first 6 leaves are not those that were witnessed" in str(refusal.value)
    assert "FAILED  the log's first 8 leaves are not those that were witnessed" in str(refusal.value)


def test_after_a_hand_over_the_first_key_leads_to_what_was_witnessed(witness: Path, settings: Any) -> None:
    hand_over(settings)
    record("9")
    seal()
    witness_now(witness)

    assert "the 5 checkpoints" in verify("--witness", str(witness))


def test_a_checkpoint_that_the_log_never_signed_accuses_nobody_but_fails(witness: Path) -> None:
    origin = first_key().name
    forged = Checkpoint(origin, 8, queries.get_root(8) or b"")
    witness.write_bytes(write_line(sign_checkpoint(forged, SigningKey.from_seed(origin, b"\x09" * 32))))

    with pytest.raises(CommandError, match="FAILED  the witness's checkpoint of 8 leaves"):
        verify("--witness", str(witness))


def test_a_tree_that_is_not_whole_is_not_what_was_witnessed(witness: Path) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM consent_ledger_treenode WHERE level = 2")
        with pytest.raises(CommandError, match="not those that were witnessed"):
            verify("--witness", str(witness))
        transaction.set_rollback(True)


def test_an_emptied_ledger_is_red_with_the_witness(witness: Path) -> None:
    with rolled_back(0):
        key = first_key().text
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("DELETE FROM consent_ledger_logkey")
        for options in ((), ("--key", key)):
            with pytest.raises(CommandError, match="not verified: "):
                call_command(
                    "verify_ledger", *options, "--witness", str(witness), stdout=StringIO(), stderr=StringIO()
                )


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "it shows nothing"), (b"{}\n", "line 1")],
    ids=["empty", "not a witness's"],
)
def test_a_file_that_shows_nothing_is_no_witness(witness: Path, content: bytes, message: str) -> None:
    witness.write_bytes(content)

    with pytest.raises(CommandError, match=message):
        verify("--witness", str(witness))


def test_a_witness_that_cannot_be_read_is_told(witness: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        verify("--witness", str(witness.with_name("none")))
