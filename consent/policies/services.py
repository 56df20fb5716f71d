"""Writes of policies. Every step of a version is an event in the ledger's `policy` stream."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream, rfc3339
from consent.policies.document.reading import MalformedPolicy, read_yaml
from consent.policies.document.sealing import seal
from consent.policies.document.validation import validate
from consent.policies.models import PolicyVersion, Purpose
from consent.policies.types import Fault, ImportedPolicy, PolicyStatus

CLOCK_TOLERANCE = timedelta(minutes=1)
"""How far in the past `effective_at` may lie: the time between reading the clock and publishing."""

_KEY_LOCK = 0x504F4C49  # "POLI": the first key of the advisory locks that order the writes of one policy


class PolicyRefused(AccordantError):
    """The document has faults; nothing was written."""

    code = "policy_refused"

    def __init__(self, faults: Sequence[Fault]) -> None:
        listed = "; ".join(f"{fault.path}: {fault.message}" for fault in faults)
        super().__init__(f"{len(faults)} faults: {listed}" if len(faults) > 1 else listed)
        self.faults = tuple(faults)
        """All that is wrong, not only the first."""


class VersionNotFound(AccordantError):
    """There is no such version."""

    code = "policy_version_not_found"
    status = 404


class WrongStatus(AccordantError):
    """The version is not where this step begins; somebody else may have taken the step already."""

    code = "policy_wrong_status"
    status = 409


class SelfApproval(AccordantError):
    """The author of a text cannot approve it."""

    code = "policy_self_approval"
    status = 403


class DigestChanged(AccordantError):
    """The approver confirms another text than the one on record."""

    code = "policy_digest_changed"
    status = 409


class EffectiveTimeRefused(AccordantError):
    """The version cannot take effect then."""

    code = "policy_effective_time_refused"
    status = 409


class NewerVersionPublished(AccordantError):
    """A later version is published already, so this one would undo it unseen."""

    code = "policy_newer_version_published"
    status = 409


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
    document = _read(text)
    frozen, digest = seal(document)
    key: str = document["policy"]
    _lock(key)
    newest = PolicyVersion.objects.of_key(key).aggregate(newest=Max("version"))["newest"] or 0
    row = PolicyVersion.objects.create(
        key=key, version=newest + 1, document=frozen.decode(), digest=digest, author_id=author_id
    )
    Purpose.objects.bulk_create(_purposes(row, document))
    _record(row, "policy_imported", at=at, author=author_id)
    return ImportedPolicy(version_id=row.pk, key=key, version=row.version, digest=digest)


@transaction.atomic
def submit_for_review(*, version_id: int, at: datetime, officer_id: int | None = None) -> None:
    """Hand a draft over to whoever approves. `officer_id` is who did it, None for a process.

    :raises VersionNotFound:
    :raises WrongStatus: if it is no draft.
    """
    row = _lock_version(version_id, PolicyStatus.DRAFT)
    row.status = PolicyStatus.IN_REVIEW
    row.save(update_fields=["status"])
    _record(row, "policy_submitted", at=at, officer=officer_id)


@transaction.atomic
def approve(*, version_id: int, approver_id: int, confirmed_digest: str, at: datetime) -> None:
    """Approve a version in review. `confirmed_digest` names the text that the approver has read.

    :raises VersionNotFound:
    :raises WrongStatus: if it is not in review.
    :raises SelfApproval: if the approver is the author.
    :raises DigestChanged: if `confirmed_digest` is not the version's.
    """
    row = _lock_version(version_id, PolicyStatus.IN_REVIEW)
    if row.author_id == approver_id:
        raise SelfApproval(f"{row} must be approved by somebody else than its author")
    if confirmed_digest != row.digest:
        raise DigestChanged(f"{row} has the digest {row.digest}: read it again, then confirm that digest")
    row.status = PolicyStatus.APPROVED
    row.approver_id = approver_id
    row.approved_at = at
    row.confirmed_digest = confirmed_digest
    row.save(update_fields=["status", "approver", "approved_at", "confirmed_digest"])
    _record(row, "policy_approved", at=at, author=row.author_id, approver=approver_id)


@transaction.atomic
def publish(*, version_id: int, effective_at: datetime, at: datetime, officer_id: int | None = None) -> None:
    """Publish an approved version, for ever. It takes over at `effective_at`.

    :raises VersionNotFound:
    :raises WrongStatus: if it is not approved, or if somebody else published it first.
    :raises EffectiveTimeRefused: if `effective_at` is past, or another version takes effect then.
    :raises NewerVersionPublished: if a higher version number is published: a rollback is a new version.
    """
    row = _lock_version(version_id, PolicyStatus.APPROVED)
    _lock(row.key)
    _check_publication(row, effective_at=effective_at, at=at)
    row.status = PolicyStatus.PUBLISHED
    row.published_at = at
    row.effective_at = effective_at
    row.save(update_fields=["status", "published_at", "effective_at"])
    _record(row, "policy_published", at=at, officer=officer_id, effective_at=rfc3339(effective_at))


def _check_publication(row: PolicyVersion, *, effective_at: datetime, at: datetime) -> None:
    if effective_at < at - CLOCK_TOLERANCE:
        raise EffectiveTimeRefused("a policy cannot take effect in the past: choose a time from now on")
    published = PolicyVersion.objects.published().of_key(row.key)
    newer = published.filter(version__gt=row.version).order_by("-version").first()
    if newer is not None:
        raise NewerVersionPublished(f"{newer} is published already: import this text again as a new version")
    rival = published.filter(effective_at=effective_at).order_by("pk").first()
    if rival is not None:
        raise EffectiveTimeRefused(f"{rival} takes effect at that very time: choose another")


def _read(text: str) -> dict[str, Any]:
    try:
        document = read_yaml(text)
    except MalformedPolicy as error:
        place = "(document)" if error.line is None else f"line {error.line}"
        raise PolicyRefused([Fault(place, error.reason)]) from error
    if faults := validate(document):
        raise PolicyRefused(faults)
    return document


def _purposes(row: PolicyVersion, document: dict[str, Any]) -> list[Purpose]:
    return [
        Purpose(
            version=row,
            slug=slug,
            title=entry["title"],
            description=entry["description"],
            data_use=entry["data_use"],
            dpv=entry.get("dpv", ""),
            data_categories=entry["data_categories"],
            status=entry.get("status", "active"),
        )
        for slug, entry in sorted(document["purposes"].items())
    ]


def _lock_version(version_id: int, status: PolicyStatus) -> PolicyVersion:
    row = PolicyVersion.objects.select_for_update().filter(pk=version_id).order_by("pk").first()
    if row is None:
        raise VersionNotFound("there is no such policy version")
    if row.status != status:
        found, expected = (word.replace("_", " ") for word in (row.status, status))
        raise WrongStatus(f"{row} is {found}, and this step begins at {expected}: look at it again")
    return row


def _lock(key: str) -> None:
    """Let one transaction at a time number or publish versions of `key`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_KEY_LOCK, key])


def _record(row: PolicyVersion, kind: str, *, at: datetime, **facts: object) -> None:
    body = {"policy": row.key, "version": row.version, "digest": row.digest, "at": rfc3339(at), **facts}
    ledger.append(stream=Stream.POLICY, entries=[NewEntry(kind=kind, body=body)])


def attach_simulation(
    *,
    version_id: int,
    draft_digest: str,
    figures: Mapping[str, Any],
    at: datetime,
    officer_id: int | None = None,
) -> str:
    """Check that the figures are of the draft as it stands, and return their digest. Keeps nothing yet.

    :raises VersionNotFound:
    :raises DigestChanged: if the draft's text is not the one that was simulated.
    """
    del at, officer_id
    row = PolicyVersion.objects.filter(pk=version_id).order_by("pk").first()
    if row is None:
        raise VersionNotFound("there is no such policy version")
    if row.digest != draft_digest:
        raise DigestChanged(f"{row} changed since it was simulated: simulate it again")
    return f"sha256:{hashlib.sha256(canonical.dumps(figures)).hexdigest()}"
