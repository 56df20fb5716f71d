"""Reads of policies."""

from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from consent.kernel import canonical
from consent.policies.law.stored import get_law as get_law  # noqa: PLC0414 - a read of this app
from consent.policies.models import PolicyVersion
from consent.policies.types import PolicyStatus, PublishedPolicy, VersionSummary, VersionText


def get_policy_in_force(*, at: datetime, key: str | None = None) -> PublishedPolicy | None:
    """Return the published version that took effect last before or at `at`; None if none had.

    Without `key`, of whatever policy: an organisation has one in force.
    """
    candidates = _published(key).filter(effective_at__lte=at).order_by("-effective_at", "-pk")
    return _published_policy(candidates.first())


def get_policy_version(*, key: str, version: int) -> PublishedPolicy | None:
    """Return that version if it was published, whether it is in force or not; None otherwise."""
    return _published_policy(_published(key).filter(version=version).order_by("pk").first())


def list_versions(*, key: str | None = None) -> tuple[VersionSummary, ...]:
    """Return every version, drafts included, newest first."""
    rows = PolicyVersion.objects.of_key(key).defer("document").order_by("-created_at", "-pk")
    return tuple(_summary(row) for row in rows)


def get_document(*, version_id: int) -> dict[str, Any] | None:
    """Return the document of a version, published or not; None if there is no such version."""
    text = PolicyVersion.objects.filter(pk=version_id).values_list("document", flat=True).first()
    if text is None:
        return None
    document: dict[str, Any] = canonical.loads(text)
    return document


def get_version_text(*, version_id: int) -> VersionText | None:
    """Return the text of a version, published or not; None if there is no such version."""
    row = PolicyVersion.objects.filter(pk=version_id).order_by("pk").first()
    if row is None:
        return None
    return VersionText(
        version_id=row.pk,
        key=row.key,
        version=row.version,
        status=PolicyStatus(row.status),
        digest=row.digest,
        canonical=row.document.encode(),
    )


def _published(key: str | None) -> QuerySet[PolicyVersion]:
    """Return the published versions, each with the time at which the next one takes over."""
    following = PolicyVersion.objects.published().of_key(key)
    later = following.filter(effective_at__gt=OuterRef("effective_at")).order_by("effective_at", "pk")
    own = PolicyVersion.objects.published().of_key(key)
    return own.annotate(next_effective_at=Subquery(later.values("effective_at")[:1]))


def _published_policy(row: PolicyVersion | None) -> PublishedPolicy | None:
    if row is None or row.effective_at is None:
        return None
    until: datetime | None = row.next_effective_at  # type: ignore[attr-defined]  # annotated by _published
    return PublishedPolicy(
        key=row.key,
        version=row.version,
        digest=row.digest,
        canonical=row.document.encode(),
        in_force_from=row.effective_at,
        in_force_until=until,
    )


def _summary(row: PolicyVersion) -> VersionSummary:
    return VersionSummary(
        version_id=row.pk,
        key=row.key,
        version=row.version,
        status=PolicyStatus(row.status),
        digest=row.digest,
        author_id=row.author_id,
        approver_id=row.approver_id,
        created_at=row.created_at,
        approved_at=row.approved_at,
        published_at=row.published_at,
        effective_at=row.effective_at,
    )
