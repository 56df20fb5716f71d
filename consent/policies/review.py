"""Review: a second officer sees what a text would change, and approves it or sends it back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from consent.kernel import canonical
from consent.policies import queries
from consent.policies.document.sealing import seal
from consent.policies.document.validation import validate
from consent.policies.errors import (
    DigestChanged,
    NotSimulated,
    PolicyRefused,
    SelfApproval,
    WarningNotFound,
    WarningsUnanswered,
)
from consent.policies.models import Acknowledgement, PolicyStep, PolicyVersion, Simulation
from consent.policies.steps import keep_step, lock_version, need_reason
from consent.policies.types import AUTHORING, PolicyStatus, StepKind


@transaction.atomic
def acknowledge_warning(*, version_id: int, key: str, reason: str, officer_id: int, at: datetime) -> None:
    """Answer the warning `key` of a draft: say why it stays as it is.

    :raises VersionNotFound:
    :raises WrongStatus: if it is no draft.
    :raises WarningNotFound: if the draft gives no such warning, or it was answered.
    :raises ReasonMissing: if `reason` is blank or too long.
    """
    row = lock_version(version_id, PolicyStatus.DRAFT)
    kept = need_reason(reason)
    found = [one for one in queries.list_open_warnings(version_id=row.pk, at=at) if one.key == key]
    if not found:
        raise WarningNotFound(f"{row} gives no such warning, or it was answered already: look at it again")
    Acknowledgement.objects.create(
        version=row,
        warning_key=key,
        message=found[0].message,
        reason=kept,
        officer_id=officer_id,
        acknowledged_at=at,
    )
    keep_step(row, StepKind.ACKNOWLEDGED, at=at, officer_id=officer_id, note=kept, warning=key)


@transaction.atomic
def submit_for_review(*, version_id: int, at: datetime, officer_id: int | None = None) -> None:
    """Hand a draft over to whoever approves. `officer_id` is who did it, None for a process.

    :raises VersionNotFound:
    :raises WrongStatus: if it is no draft.
    :raises PolicyRefused: with every fault of its text.
    :raises WarningsUnanswered: if it is laxer than the law table where nobody said why.
    """
    row = lock_version(version_id, PolicyStatus.DRAFT)
    if faults := validate(canonical.loads(row.document), queries.get_vocabulary()):
        raise PolicyRefused(faults)
    if warnings := queries.list_open_warnings(version_id=row.pk, at=at):
        raise WarningsUnanswered(warnings)
    row.status = PolicyStatus.IN_REVIEW
    row.save(update_fields=["status"])
    keep_step(row, StepKind.SUBMITTED, at=at, officer_id=officer_id)


@transaction.atomic
def return_to_draft(*, version_id: int, reason: str, officer_id: int, at: datetime) -> None:
    """Send a version in review back to be edited.

    :raises VersionNotFound:
    :raises WrongStatus: if it is not in review.
    :raises ReasonMissing: if `reason` is blank or too long.
    """
    row = lock_version(version_id, PolicyStatus.IN_REVIEW)
    kept = need_reason(reason)
    row.status = PolicyStatus.DRAFT
    row.save(update_fields=["status"])
    keep_step(row, StepKind.RETURNED, at=at, officer_id=officer_id, note=kept)


@transaction.atomic
def attach_simulation(
    *,
    version_id: int,
    draft_digest: str,
    figures: Mapping[str, Any],
    at: datetime,
    officer_id: int | None = None,
) -> str:
    """Keep what the text with `draft_digest` would change, and return the digest of the figures.

    `figures` is what canonical JSON can hold, and names nobody.

    :raises VersionNotFound:
    :raises DigestChanged: if the text is another by now.
    """
    row = lock_version(version_id)
    if row.digest != draft_digest:
        raise DigestChanged(f"{row} was changed while it was simulated: simulate it again")
    frozen, figures_digest = seal(dict(figures))
    Simulation.objects.create(
        version=row,
        digest=draft_digest,
        figures=frozen.decode(),
        figures_digest=figures_digest,
        officer_id=officer_id,
        simulated_at=at,
    )
    keep_step(row, StepKind.SIMULATED, at=at, officer_id=officer_id, figures_digest=figures_digest)
    return figures_digest


@transaction.atomic
def approve(
    *, version_id: int, approver_id: int, confirmed_digest: str, confirmed_figures: str, at: datetime
) -> None:
    """Approve a version in review.

    `confirmed_digest` names the text that the approver has read, `confirmed_figures` (their digest) what it
    would change.

    :raises VersionNotFound:
    :raises WrongStatus: if it is not in review.
    :raises SelfApproval: if the approver wrote the text, or a part of it.
    :raises NotSimulated: if nobody has simulated this text.
    :raises DigestChanged: if the text, or its latest simulation, is another than was confirmed.
    """
    row = lock_version(version_id, PolicyStatus.IN_REVIEW)
    _check_second_officer(row, approver_id)
    simulation = _check_seen(row, confirmed_digest, confirmed_figures)
    row.status = PolicyStatus.APPROVED
    row.approver_id = approver_id
    row.approved_at = at
    row.confirmed_digest = confirmed_digest
    row.simulation = simulation
    row.save(update_fields=["status", "approver", "approved_at", "confirmed_digest", "simulation"])
    keep_step(
        row,
        StepKind.APPROVED,
        at=at,
        officer_id=approver_id,
        author=row.author_id,
        figures_digest=simulation.figures_digest,
    )


def _check_second_officer(row: PolicyVersion, approver_id: int) -> None:
    wrote = PolicyStep.objects.filter(version=row, officer_id=approver_id, kind__in=AUTHORING)
    if row.author_id == approver_id or wrote.exists():
        raise SelfApproval(f"{row} must be approved by somebody else than its author")


def _check_seen(row: PolicyVersion, confirmed_digest: str, confirmed_figures: str) -> Simulation:
    if confirmed_digest != row.digest:
        raise DigestChanged(f"{row} has the digest {row.digest}: read it again, then confirm that digest")
    simulations = Simulation.objects.filter(version=row, digest=row.digest)
    simulation = simulations.order_by("-simulated_at", "-pk").first()
    if simulation is None:
        raise NotSimulated(f"nobody has simulated {row} as it stands: simulate it, then approve")
    if confirmed_figures != simulation.figures_digest:
        raise DigestChanged(f"{row} was simulated again: look at the new figures, then confirm them")
    return simulation
