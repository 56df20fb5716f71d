"""Simulations: a draft tried out on the people there are, before anybody approves it."""

import hashlib
from datetime import datetime
from functools import partial
from pathlib import PurePath
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.compiler import compile_policy
from activation.desk import lifecycle
from activation.desk.audience import AudienceFile, keep_members
from activation.desk.home.counting import count_next
from activation.desk.home.rebuilding import rebuild_counts
from activation.desk.lifecycle import Outcome, RunTakenOver, close_dead_runs, forget_runs
from activation.desk.models import SimulationRun
from activation.desk.queries import Audience, Everybody
from activation.desk.reading import Reader
from activation.desk.simulating import Simulation
from activation.desk.statement import state_figures, state_sample
from activation.desk.tracing.forgetting import rewrap_reports
from activation.desk.tracing.traces import begin_trace
from activation.desk.types import Progress
from activation.desk.watch import Watch, keep_watch
from activation.enforcement.strings.lacking import list_lacking
from activation.snapshots.queries import Snapshot, open_snapshot
from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.policies.queries import get_version_text, list_faults
from consent.policies.services import DigestChanged, PolicyRefused, VersionNotFound
from consent.policies.types import PolicyStatus, VersionText

__all__ = [
    "AudienceFile",
    "DraftPublished",
    "PolicyRefused",
    "RunTakenOver",
    "VersionNotFound",
    "begin_simulation",
    "begin_trace",
    "close_dead_runs",
    "count_next",
    "forget_runs",
    "rebuild_counts",
    "rewrap_reports",
    "run_simulation",
]

_LONGEST_NAME = 200
_SIMULATED = {PolicyStatus.DRAFT, PolicyStatus.IN_REVIEW, PolicyStatus.APPROVED}


class DraftPublished(AccordantError):
    """The version is no draft any more: what it changed, it has changed."""

    code = "simulation_of_published_version"
    status = 409


@transaction.atomic
def begin_simulation(
    *, version_id: int, officer_id: int | None = None, audience: AudienceFile | None = None
) -> UUID:
    """Set a simulation of the draft down to be run, and return its id; `run_simulation` runs it.

    With an `audience`, only the people that it leads to are asked about, and its figures are not the
    draft's. Nothing of the list is kept but its name, counts and, until the run ends, pseudonyms. Simulations
    that a dead process left behind are closed first. `officer_id` is None on the command line.

    :raises VersionNotFound: if there is no such version.
    :raises DraftPublished: if it is published.
    :raises PolicyRefused: if the draft has faults, with all of them.
    :raises AudienceUnreadable: if the list cannot be read, with what to do about it.
    """
    lifecycle.close_dead_runs()
    draft = _get_draft(version_id)
    if faults := list_faults(version_id=version_id):
        raise PolicyRefused(faults)
    run = SimulationRun.objects.create(
        id=uuid4(),
        version_id=version_id,
        policy=draft.key,
        version=draft.version,
        draft_digest=draft.digest,
        audience=PurePath(audience.name).name[:_LONGEST_NAME] if audience else "",
        officer_id=officer_id,
    )
    if audience:
        keep_members(run, audience)
    return run.pk


def run_simulation(*, run_id: UUID, at: datetime, progress: Progress = lambda _done, _total: None) -> bool:
    """Carry out a waiting simulation at `at`, and return whether this call did; if not, another has.

    All is read from one snapshot, in bounded memory. How far it came can be seen in the run's row meanwhile.
    Figures are written when all is done, never before.

    :raises DigestChanged: if the draft's text changed since the simulation was begun. It has failed then.
    :raises VersionNotFound, DraftPublished: if the draft is gone, or published by now. It has failed then.
    :raises SubjectStateUnreadable: if a living subject's facts do not open. It has failed then.
    :raises RunTakenOver: if another process found this one dead and closed the run.
    """
    with keep_watch(run_id) as watch:
        run = lifecycle.claim(run_id, at=at) if watch else None
        if run is None or watch is None:
            return False
        try:
            outcome, total = _simulate(run, watch, at, progress)
            lifecycle.complete(run, outcome, total=total, at=at)
        except BaseException as error:  # an interrupt too must leave a run that says so
            lifecycle.fail(run, error)
            raise
    return True


def _simulate(run: SimulationRun, watch: Watch, at: datetime, progress: Progress) -> tuple[Outcome, int]:
    scope = Audience(run.pk) if run.audience else Everybody()
    with open_snapshot(at=at) as snapshot:
        draft = _compile(run, at)
        total = scope.count()

        def tell(done: int) -> None:
            watch.do(lambda: lifecycle.tell_progress(run.pk, done=done, total=total))
            progress(done, total)

        tell(0)
        lacking = partial(list_lacking, at=at)
        simulation = Simulation(snapshot.policy, draft, snapshot.register, at, lacking)
        reader = Reader(snapshot, scope, watch, at, tell)
        for person in reader.read():
            simulation.add(person)
        described = {**_describe_scope(run, total), "left_out": reader.left_out}
        return _sum_up(simulation, snapshot, draft, at, described), total


def _describe_scope(run: SimulationRun, total: int) -> dict[str, Any]:
    if not run.audience:
        return {"audience": None, "subjects": total}
    return {
        "audience": run.audience,
        "rows": run.audience_rows,
        "rows_not_found": run.audience_not_found,
        "subjects": total,
    }


def _sum_up(
    simulation: Simulation, snapshot: Snapshot, draft: CompiledPolicy, at: datetime, scope: dict[str, Any]
) -> Outcome:
    found = simulation.sum_up()
    figures = state_figures(
        found, before=snapshot.policy, after=draft, at=at, watermark=snapshot.watermark, scope=scope
    )
    return Outcome(
        baseline_version=snapshot.policy.version,
        baseline_digest=snapshot.policy.digest,
        watermark=snapshot.watermark,
        figures=figures,
        figures_digest=f"sha256:{hashlib.sha256(canonical.dumps(figures)).hexdigest()}",
        sample=state_sample(found),
    )


def _compile(run: SimulationRun, at: datetime) -> CompiledPolicy:
    """Return the draft as if it took effect at `at`, for good."""
    draft = _get_draft(run.version_id)
    if draft.digest != run.draft_digest:
        raise DigestChanged("the draft changed since the simulation was begun: simulate again")
    return compile_policy(draft.as_published(at))


def _get_draft(version_id: int) -> VersionText:
    draft = get_version_text(version_id=version_id)
    if draft is None:
        raise VersionNotFound("there is no such policy version")
    if draft.status not in _SIMULATED:
        raise DraftPublished(
            f"{draft.key} {draft.version} is {draft.status}: simulate a draft, not what is in force"
        )
    return draft
