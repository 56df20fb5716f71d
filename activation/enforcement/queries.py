"""Reads of runs, and of what a run can be asked."""

from datetime import datetime
from uuid import UUID

from activation.enforcement.models import EnforcementRun
from activation.enforcement.types import DeliveryState, RunStatus, RunSummary
from activation.snapshots.queries import open_snapshot
from consent.kernel.errors import AccordantError


class RunNotFound(AccordantError):
    """No run has this id."""

    code = "run_not_found"
    status = 404


class ControllerUnclear(AccordantError):
    """The policy does not have exactly one controller."""

    code = "controller_unclear"


def get_only_controller(*, at: datetime) -> str:
    """Return the one controller of the policy in force at `at`.

    :raises ControllerUnclear: if there are several, or no policy is in force.
    """
    with open_snapshot(at=at) as snapshot:
        controllers = sorted(snapshot.policy.establishments)
    if len(controllers) != 1:
        raise ControllerUnclear(f"name the controller, one of: {', '.join(controllers) or 'none, no policy'}")
    return controllers[0]


def get_run(*, run_id: UUID) -> RunSummary:
    """Return what is known of a run, without the paths of its files.

    :raises RunNotFound: if there is none.
    """
    run = EnforcementRun.objects.filter(pk=run_id).first()
    if run is None:
        raise RunNotFound("no run has this id")
    return summarise_run(run)


def summarise_run(run: EnforcementRun) -> RunSummary:
    """Return what others may see of a run."""
    return RunSummary(
        run_id=run.pk,
        status=RunStatus(run.status),
        purpose=run.purpose,
        destination=run.destination,
        controller=run.controller,
        decided_at=run.decided_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        rows_in=run.rows_in,
        allowed=run.allowed,
        denied=run.denied,
        denied_by_reason=run.denied_by_reason,
        policy_version=run.policy_version,
        policy_digest=run.policy_digest,
        watermark=run.watermark,
        states_watermark=run.states_watermark,
        canaries=run.canaries,
        delivery=DeliveryState(run.delivery),
        delivery_reference=run.delivery_reference,
        pulled_back=run.pulled_back,
        manifest_digest=run.manifest_digest,
        error=run.error,
    )
