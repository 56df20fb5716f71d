"""Reads of simulations and of the subjects that they are about."""

from collections.abc import Collection, Iterable
from functools import cached_property
from uuid import UUID

from activation.desk.lineage.counting import count_ungated
from activation.desk.models import AudienceMember, SimulationRun
from activation.desk.tracing.traces import list_traced_runs
from activation.desk.types import RunStatus, RunSummary
from activation.enforcement.canaries.queries import list_canary_refs
from consent.subjects import queries as subjects
from consent.subjects.types import SubjectRef

__all__ = [
    "Audience",
    "Everybody",
    "Scope",
    "count_ungated",
    "get_run",
    "list_traced_runs",
    "list_waiting",
]


def get_run(*, run_id: UUID) -> RunSummary | None:
    """Return the simulation, wherever it stands; None if there is none."""
    run = SimulationRun.objects.filter(pk=run_id).order_by("pk").first()
    if run is None:
        return None
    return RunSummary(
        run_id=run.pk,
        status=RunStatus(run.status),
        version_id=run.version_id,
        policy=run.policy,
        version=run.version,
        draft_digest=run.draft_digest,
        audience=run.audience,
        subjects_total=run.subjects_total,
        subjects_done=run.subjects_done,
        figures=run.figures,
        figures_digest=run.figures_digest,
        sample=run.sample,
        is_attached=run.attached_at is not None,
        error=run.error,
    )


def list_waiting() -> list[UUID]:
    """Return the simulations that nobody has begun, the oldest first."""
    return list(SimulationRun.objects.waiting().order_by("requested_at", "pk").values_list("pk", flat=True))


class Everybody:
    """All subjects there are, but the canaries: those are nobody."""

    def count(self) -> int:
        """Return how many subjects there are."""
        return subjects.count_subjects() - len(self._canaries)

    def list_after(self, ref: str, *, limit: int) -> list[SubjectRef]:
        """Return the next references behind `ref`, at most `limit`; none only if there are no more."""
        while found := subjects.list_refs_after(ref, limit=limit):
            if people := [one for one in found if one not in self._canaries]:
                return people
            ref = found[-1]
        return []

    def keep(self, refs: Iterable[SubjectRef]) -> Collection[SubjectRef]:
        """Return all of `refs` that are people."""
        return frozenset(refs) - self._canaries

    @cached_property
    def _canaries(self) -> frozenset[SubjectRef]:
        return list_canary_refs()


class Audience:
    """The subjects that a simulation's audience leads to."""

    def __init__(self, run_id: UUID) -> None:
        self._members = AudienceMember.objects.filter(run=run_id)

    def count(self) -> int:
        """Return how many subjects it leads to."""
        return self._members.count()

    def list_after(self, ref: str, *, limit: int) -> list[SubjectRef]:
        """Return the next `limit` references behind `ref`."""
        found = self._members.filter(subject_ref__gt=ref).order_by("subject_ref")
        return [SubjectRef(one) for one in found.values_list("subject_ref", flat=True)[:limit]]

    def keep(self, refs: Iterable[SubjectRef]) -> Collection[SubjectRef]:
        """Return those of `refs` that it leads to."""
        found = self._members.filter(subject_ref__in=subjects.one_of(refs)).order_by("subject_ref")
        return frozenset(SubjectRef(one) for one in found.values_list("subject_ref", flat=True))


Scope = Everybody | Audience
