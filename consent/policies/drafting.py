"""Drafts: from a file, from another version, and edited row by row."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from consent.kernel import canonical
from consent.policies.document.normalising import normalise
from consent.policies.document.reading import MalformedPolicy, read_yaml
from consent.policies.document.sealing import seal
from consent.policies.document.validation import validate
from consent.policies.errors import DigestChanged, PolicyRefused, VersionNotFound
from consent.policies.models import PolicyVersion
from consent.policies.queries import get_vocabulary
from consent.policies.rows import read_rows, write_rows
from consent.policies.steps import keep_step, lock_key, lock_version
from consent.policies.types import Fault, ImportedPolicy, PolicyStatus, StepKind


def check_policy(*, text: str) -> str:
    """Return the digest that the YAML document `text` would be imported under. Writes nothing.

    :raises PolicyRefused: with every fault of the document.
    """
    _, digest = seal(_read(text))
    return digest


@transaction.atomic
def import_policy(*, text: str, author_id: int, at: datetime) -> ImportedPolicy:
    """Write the YAML document `text` as a draft with the next version number of its policy.

    :raises PolicyRefused: with every fault of the document.
    """
    row = _begin(_read(text), source=text, author_id=author_id)
    keep_step(row, StepKind.IMPORTED, at=at, officer_id=author_id)
    return _imported(row)


@transaction.atomic
def copy_version(*, version_id: int, author_id: int, at: datetime) -> ImportedPolicy:
    """Write the text of a version, whatever became of it, as a new draft. A rollback begins so.

    :raises VersionNotFound:
    """
    origin = PolicyVersion.objects.filter(pk=version_id).order_by("pk").first()
    if origin is None:
        raise VersionNotFound("there is no such policy version")
    row = _begin(canonical.loads(origin.document), source=origin.source, author_id=author_id)
    keep_step(row, StepKind.COPIED, at=at, officer_id=author_id, copied_from=origin.version)
    return _imported(row)


def lock_draft(*, version_id: int, opened_digest: str) -> None:
    """Keep others from editing the draft until the transaction ends.

    `opened_digest` names the text that the officer began from.

    :raises VersionNotFound:
    :raises WrongStatus: if it is no draft.
    :raises DigestChanged: if somebody else changed the draft since.
    """
    row = lock_version(version_id, PolicyStatus.DRAFT)
    if row.digest != opened_digest:
        raise DigestChanged(f"somebody changed {row} since you opened it: open it again, then edit")


@transaction.atomic
def seal_draft(*, version_id: int, officer_id: int, at: datetime) -> str:
    """Make the draft's text anew from its rows, once some were edited, and return its digest.

    The text may have faults meanwhile; it cannot be submitted with them.

    :raises VersionNotFound:
    :raises WrongStatus: if it is no draft.
    """
    row = lock_version(version_id, PolicyStatus.DRAFT)
    frozen, digest = seal(read_rows(row))
    if digest != row.digest:
        row.document, row.digest, row.source = frozen.decode(), digest, ""
        row.save(update_fields=["document", "digest", "source"])
        keep_step(row, StepKind.EDITED, at=at, officer_id=officer_id)
    return digest


def _begin(document: dict[str, Any], *, source: str, author_id: int) -> PolicyVersion:
    frozen, digest = seal(document)
    key: str = document["policy"]
    lock_key(key)
    newest = PolicyVersion.objects.of_key(key).aggregate(newest=Max("version"))["newest"] or 0
    row = PolicyVersion.objects.create(
        key=key,
        version=newest + 1,
        title=document["title"],
        document=frozen.decode(),
        source=source,
        digest=digest,
        author_id=author_id,
    )
    write_rows(row, document)
    return row


def _imported(row: PolicyVersion) -> ImportedPolicy:
    return ImportedPolicy(version_id=row.pk, key=row.key, version=row.version, digest=row.digest)


def _read(text: str) -> dict[str, Any]:
    try:
        document = read_yaml(text)
    except MalformedPolicy as error:
        place = "(document)" if error.line is None else f"line {error.line}"
        raise PolicyRefused([Fault(place, error.reason)]) from error
    if faults := validate(document, get_vocabulary()):
        raise PolicyRefused(faults)
    return normalise(document)
