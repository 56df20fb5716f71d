"""Publication: an approved text takes effect, for ever."""

from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction

from consent.ledger.types import rfc3339
from consent.policies.errors import EffectiveTimeRefused, NewerVersionPublished
from consent.policies.models import PolicyVersion
from consent.policies.steps import keep_step, lock_key, lock_version
from consent.policies.types import PolicyStatus, StepKind
from lineage.events.naming import job_name, policy
from lineage.events.ourselves import ENGINE
from lineage.events.types import JobDescription, Output, RunDescription, Tag
from lineage.running import services as running

CLOCK_TOLERANCE = timedelta(minutes=1)
"""How far in the past `effective_at` may lie: the time between reading the clock and publishing."""


@transaction.atomic
def publish(*, version_id: int, effective_at: datetime, at: datetime, officer_id: int | None = None) -> None:
    """Publish an approved version, for ever. It takes over at `effective_at`.

    :raises VersionNotFound:
    :raises WrongStatus: if it is not approved, or if somebody else published it first.
    :raises EffectiveTimeRefused: if `effective_at` is past, or another version takes effect then.
    :raises NewerVersionPublished: if a higher version number is published: a rollback is a new version.
    """
    row = lock_version(version_id, PolicyStatus.APPROVED)
    lock_key(row.key)
    _check_publication(row, effective_at=effective_at, at=at)
    row.status = PolicyStatus.PUBLISHED
    row.published_at = at
    row.effective_at = effective_at
    row.save(update_fields=["status", "published_at", "effective_at"])
    keep_step(row, StepKind.PUBLISHED, at=at, officer_id=officer_id, effective_at=rfc3339(effective_at))
    running.tell_done(run=_describe(row, effective_at), at=at)


def _describe(row: PolicyVersion, effective_at: datetime) -> RunDescription:
    """Return the publication as lineage hears of it: that it took two people, and not who they are."""
    published = Output(
        dataset=policy(row.key),
        version=row.digest,
        tags=(
            Tag(key="version", value=str(row.version)),
            Tag(key="effective_at", value=rfc3339(effective_at)),
        ),
    )
    return RunDescription(
        run_id=uuid4(),
        job=JobDescription(
            name=job_name("publish_policy", row.key),
            kind="POLICY",
            documentation="Puts a text in force that one officer wrote and another one approved.",
        ),
        engine=ENGINE,
        outputs=(published,),
        tags=(Tag(key="approved_by", value="second_officer"),),
    )


def _check_publication(row: PolicyVersion, *, effective_at: datetime, at: datetime) -> None:
    if effective_at < at - CLOCK_TOLERANCE:
        raise EffectiveTimeRefused("a policy cannot take effect in the past: choose a time from now on")
    published = PolicyVersion.objects.published().of_key(row.key)
    newer = published.filter(version__gt=row.version).order_by("-version").first()
    if newer is not None:
        raise NewerVersionPublished(f"{newer} is published already: copy this version to a new draft")
    rival = published.filter(effective_at=effective_at).order_by("pk").first()
    if rival is not None:
        raise EffectiveTimeRefused(f"{rival} takes effect at that very time: choose another")
