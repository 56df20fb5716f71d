"""A version's way: one step at a time, each kept with the version and in the ledger."""

from datetime import datetime

from django.db import connection

from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream, rfc3339
from consent.policies.errors import ReasonMissing, VersionNotFound, WrongStatus
from consent.policies.models import PolicyStep, PolicyVersion
from consent.policies.types import PolicyStatus, StepKind

LONGEST_NOTE = 1000
_KEY_LOCK = 0x504F4C49  # "POLI": the first key of the advisory locks that order the writes of one policy


def lock_version(version_id: int, status: PolicyStatus | None = None) -> PolicyVersion:
    """Return the version, locked until the transaction ends.

    :raises VersionNotFound:
    :raises WrongStatus: if it does not stand at `status`.
    """
    row = PolicyVersion.objects.select_for_update().filter(pk=version_id).order_by("pk").first()
    if row is None:
        raise VersionNotFound("there is no such policy version")
    if status is not None and row.status != status:
        found, expected = (word.replace("_", " ") for word in (row.status, status))
        raise WrongStatus(f"{row} is {found}, and this step begins at {expected}: look at it again")
    return row


def lock_key(key: str) -> None:
    """Let one transaction at a time number or publish versions of `key`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_KEY_LOCK, key])


def keep_step(
    row: PolicyVersion,
    kind: StepKind,
    *,
    at: datetime,
    officer_id: int | None,
    note: str = "",
    **facts: object,
) -> None:
    """Keep what was done to the version; the ledger's event holds `facts` besides."""
    PolicyStep.objects.create(
        version=row, kind=kind, officer_id=officer_id, digest=row.digest, note=note, taken_at=at
    )
    said = {"note": note} if note else {}
    body = {"policy": row.key, "version": row.version, "digest": row.digest, "at": rfc3339(at)}
    entry = NewEntry(kind=f"policy_{kind}", body={**body, "officer": officer_id, **said, **facts})
    ledger.append(stream=Stream.POLICY, entries=[entry])


def need_reason(text: str) -> str:
    """Return `text` without blanks around it.

    :raises ReasonMissing: if nothing is left, or too much.
    """
    reason = text.strip()
    if not 1 <= len(reason) <= LONGEST_NOTE:
        raise ReasonMissing(f"say why in 1 to {LONGEST_NOTE} characters: the reason is kept with the version")
    return reason
