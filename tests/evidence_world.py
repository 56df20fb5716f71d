"""Choices on record under a policy, sealed under a checkpoint, and what an auditor says of them."""

from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from consent.kernel.signing import SigningKey, VerifyKey
from consent.keys.services import ensure_keys
from consent.ledger import queries, services
from consent.ledger.types import NewEntry, Stream
from consent.subjects.services import advance_versions, lock_versions
from consent.subjects.types import SubjectRef
from consent.verifier.command.main import main
from tests.ledger_world import sequence_all
from tests.records_world import make_new_row, record_all

SECRET = "a secret that was told"
NEXT_NAME = "accordant.example/second"


def seal() -> None:
    """Give every event its place, and sign."""
    sequence_all()
    services.sign_checkpoint()


def record(person: str = "00001", **changes: Any) -> tuple[SubjectRef, tuple[str, ...]]:
    """Record one row about `person`, and return whom it is about and the records' ids."""
    [recorded] = record_all(make_new_row(person, **changes))
    return recorded.subject_ref, recorded.record_ids


def tell_secret(ref: SubjectRef) -> str:
    """Append an event with a private part to the subject's, and return its id."""
    versions = lock_versions([ref])
    key = ensure_keys([ref])[ref]
    entry = NewEntry("told", {}, ref, versions.take(ref), private={"secret": SECRET}, data_key=key)
    services.append(stream=Stream.CONSENT, entries=[entry])
    advance_versions(versions.changed())
    return entry.event_id


def first_key() -> VerifyKey:
    """Return the log's first key: the published one."""
    return VerifyKey.parse(queries.list_log_keys()[0].verify_key)


def hand_over(settings: Any) -> bytes:
    """Hand the log over to another key, which is configured now, and return the note."""
    seed = b"\x44" * 32
    note = services.hand_over_key(to=SigningKey.from_seed(NEXT_NAME, seed))
    settings.SIGNING_KEY, settings.SIGNING_NAME = b64encode(seed).decode(), NEXT_NAME
    return note


def audit(
    capsys: pytest.CaptureFixture[str], command: str, path: Path, *options: str, key: VerifyKey | None = None
) -> tuple[int, str]:
    """Return the exit code of `accordant-verify` with the published key, and what it printed."""
    capsys.readouterr()
    code = main([command, str(path), "--key", (key or first_key()).text, *options])
    said = capsys.readouterr()
    return code, said.out + said.err


def flip(content: bytes, place: int) -> bytes:
    """Return `content` with one bit of the byte at `place` turned."""
    return bytes([*content[:place], content[place] ^ 1, *content[place + 1 :]])


def list_files(folder: Path) -> Iterable[Path]:
    """Return every file in `folder`, in order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
