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
from consent.records.services import rebuild_choices
from tests.evidence_world import first_key, hand_over, record, seal

pytestmark = pytest.mark.django_db

BY_NUMBER = {"kind": "customer_id", "value": "00001"}
BY_EMAIL = {"kind": "email", "value": "c00001@customers.example"}
BY_COOKIE = {"kind": "cookie_id", "value": "c-2"}

_TOLD_BY_EVENTS = {
    "consent_ledger_privatepart": "event_id",
    "consent_records_consentrecord": "record_id",
    "consent_records_currentchoice": "record_id",
    "consent_subjects_identifierindex": "event_id",
    "consent_subjects_subjectfact": "fact_id",
}
"""The tables with a row for an event, and the column that names it."""
_ROLL_BACK = {
    **{
        table: f"DELETE FROM {table} WHERE {column} IN (SELECT event_id FROM consent_ledger_leaf"  # noqa: S608
        " WHERE index >= {kept})"
        for table, column in _TOLD_BY_EVENTS.items()
    },
    "consent_subjects_subjectlink": """
        DELETE FROM consent_subjects_subjectlink WHERE recorded_at > COALESCE(
            (SELECT max(recorded_at) FROM consent_ledger_leaf WHERE index < {kept}), '-infinity')
    """,
    "consent_ledger_checkpoint": "DELETE FROM consent_ledger_checkpoint WHERE size > {kept}",
    "consent_ledger_treenode": "DELETE FROM consent_ledger_treenode WHERE (index + 1) << level > {kept}",
    "consent_ledger_leaf": "DELETE FROM consent_ledger_leaf WHERE index >= {kept}",
    "consent_subjects_subject": """
        WITH unheard AS (
            DELETE FROM consent_subjects_subject WHERE ref NOT IN
                (SELECT subject_ref FROM consent_ledger_leaf)
        )
        UPDATE consent_subjects_subject AS subject SET version = told.version
        FROM (SELECT subject_ref, max(subject_version) AS version FROM consent_ledger_leaf GROUP BY 1) AS told
        WHERE told.subject_ref = subject.ref
    """,
}
"""What takes out of each table whatever is behind the first leaves, in this order."""


@contextmanager
def rolled_back(kept: int, *, spared: str = "") -> Iterator[None]:
    """Hold the database as if nothing behind the first `kept` leaves had ever been written.

    The table `spared` is left as it is.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, statement in _ROLL_BACK.items():
            if table != spared:
                cursor.execute(statement.format(kept=kept))
        cursor.execute("SET LOCAL session_replication_role = origin")
        rebuild_choices(repair=True)
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
    """Return the file of a witness that saw a ledger grow: of 4, 7, 10 and 12 leaves.

    Two people come first, then a row that links them, then one of them again.
    """
    path = tmp_path / "witness"
    for identifiers in ([BY_NUMBER, BY_EMAIL], [BY_COOKIE], [BY_NUMBER, BY_COOKIE], [BY_NUMBER]):
        record(identifiers=identifiers)
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


@pytest.mark.parametrize(("kept", "findings"), [(4, 3), (7, 2), (10, 1)])
def test_a_ledger_rolled_back_whole_is_green_alone_and_red_with_the_witness(
    witness: Path, kept: int, findings: int
) -> None:
    with rolled_back(kept):
        assert verify().endswith("verified\n")
        with pytest.raises(CommandError, match=f"not verified: {findings} findings") as refusal:
            verify("--witness", str(witness))

    assert "FAILED  the log is shorter than the 12 leaves that were witnessed" in str(refusal.value)


@pytest.mark.usefixtures("witness")
@pytest.mark.parametrize("spared", sorted(_ROLL_BACK.keys() - {"consent_records_currentchoice"}))
def test_a_ledger_rolled_back_in_part_is_red_alone(spared: str) -> None:
    with rolled_back(4, spared=spared), pytest.raises(CommandError, match="not verified: "):
        verify()


def test_a_ledger_rolled_back_and_written_on_is_red_with_the_witness(witness: Path) -> None:
    with rolled_back(7):
        for identifiers in ([BY_NUMBER], [BY_COOKIE], [BY_NUMBER, BY_COOKIE]):
            record(identifiers=identifiers)
        seal()
        assert verify().endswith("verified\n")
        with pytest.raises(CommandError, match="not verified: 2 findings") as refusal:
            verify("--witness", str(witness))

    assert "FAILED  the log's first 10 leaves are not those that were witnessed" in str(refusal.value)
    assert "FAILED  the log's first 12 leaves are not those that were witnessed" in str(refusal.value)


def test_after_a_hand_over_the_first_key_leads_to_what_was_witnessed(witness: Path, settings: Any) -> None:
    hand_over(settings)
    record("9")
    seal()
    witness_now(witness)

    assert "the 5 checkpoints" in verify("--witness", str(witness))


def test_a_checkpoint_that_the_log_never_signed_accuses_nobody_but_fails(witness: Path) -> None:
    origin = first_key().name
    forged = Checkpoint(origin, 12, queries.get_root(12) or b"")
    witness.write_bytes(write_line(sign_checkpoint(forged, SigningKey.from_seed(origin, b"\x09" * 32))))

    with pytest.raises(CommandError, match="FAILED  the witness's checkpoint of 12 leaves"):
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
