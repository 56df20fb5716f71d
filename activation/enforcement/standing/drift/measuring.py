"""Measuring drift: the list as it is now, decided anew, held against the evidence of its last run."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from activation.decisions.types import Question
from activation.enforcement.audience.reading import open_audience
from activation.enforcement.beside import Watch, watch_over
from activation.enforcement.models import EnforcementRun
from activation.enforcement.standing.drift.comparing import Comparing, Comparison, Figures
from activation.enforcement.standing.drift.deciding import decide_batch
from activation.enforcement.standing.drift.evidence import (
    DriftNotMeasurable,
    list_members,
    open_evidence,
)
from activation.enforcement.standing.drift.outlooks import Moment, list_moments, list_policies
from activation.enforcement.standing.drift.people import People
from activation.enforcement.standing.drift.rerunning import get_last_run, rerun_if_wrong
from activation.enforcement.standing.inputs import count_rows, find_format, find_input
from activation.enforcement.standing.models import DriftReport
from activation.enforcement.standing.types import WorkStatus
from activation.enforcement.standing.work import Telling, WorkStopped, WorkTakenOver, claim, finish
from activation.snapshots.queries import Snapshot, open_snapshot
from consent.kernel.errors import AccordantError


@dataclass(frozen=True, slots=True)
class _Found:
    """What a measuring came to."""

    run_id: UUID
    watermark: int
    policy_digest: str
    policies_seen: list[str]
    moments: list[Moment]
    comparison: Comparison


def measure(*, report_id: UUID, at: datetime) -> bool:
    """Carry out a measuring that waits, or that a dead worker left, and return whether this call did.

    An audience that turns out to be wrong is set down to be run again, if its definition says so. What goes
    wrong is told in the report, and not raised.
    """
    report = DriftReport.objects.filter(pk=report_id).first()
    if report is None:
        return False
    with watch_over(report.lock_name) as watch:
        if watch is None or not claim(report):
            return False
        try:
            found = _measure(report, watch, at)
        except WorkStopped as stop:
            finish(report, WorkStatus.CANCELLED, error=str(stop))
        except WorkTakenOver:
            return False
        except AccordantError as error:
            finish(report, WorkStatus.FAILED, error=str(error))
        except Exception as error:
            finish(report, WorkStatus.FAILED, error=type(error).__name__)
            raise
        else:
            _complete(report, found, at)
    return True


def _measure(report: DriftReport, watch: Watch, at: datetime) -> _Found:
    run = get_last_run(report.audience)
    if run is None:
        raise DriftNotMeasurable("no run of this audience was completed yet: run it first")
    with open_snapshot(at=at) as snapshot:
        policies = list_policies(at=at)
        moments = list_moments(policies, at=at, ahead=settings.DRIFT_OUTLOOK)
        with Comparing(len(moments)) as comparing:
            run_key = _take_evidence(run, comparing)
            _take_rows(report, run, snapshot, moments, comparing, run_key, Telling(report, watch))
            comparison = comparing.sum_up()
    return _Found(
        run_id=run.pk,
        watermark=snapshot.watermark,
        policy_digest=snapshot.policy.digest,
        policies_seen=policies.digests,
        moments=moments,
        comparison=comparison,
    )


def _take_evidence(run: EnforcementRun, comparing: Comparing) -> bytes:
    """Take the members of the run's evidence, and return its key."""
    evidence = open_evidence(run)
    for members, was_sent in ((evidence.allowed, True), (evidence.denied, False)):
        for member in list_members(members):
            comparing.add_evidence(member, was_sent=was_sent)
    return evidence.run_key


def _take_rows(
    report: DriftReport,
    run: EnforcementRun,
    snapshot: Snapshot,
    moments: list[Moment],
    comparing: Comparing,
    run_key: bytes,
    telling: Telling,
) -> None:
    """Decide every row of the list at every moment, for what the run was about: that is what is out there."""
    request = report.audience.request
    path = find_input(request)
    audience_format = find_format(request, path)
    audience = open_audience(path, audience_format)
    people = People(audience, request, snapshot, run_key)
    question = Question(purpose=run.purpose, destination=run.destination, controller=run.controller)
    rows = 0
    telling(rows, rows_total=count_rows(path, audience_format))
    for batch in audience.batches():
        found = list(people.read(batch))
        for row, reasons in zip(found, decide_batch(snapshot, moments, question, found), strict=True):
            comparing.add_row(row.members, reasons)
        rows += batch.num_rows
        telling(rows)


@transaction.atomic
def _complete(report: DriftReport, found: _Found, at: datetime) -> None:
    """Write the figures, and have the audience run again if they ask for it: both, or neither."""
    pairs = list(zip(found.moments, found.comparison.moments, strict=True))
    now = pairs[0][1]
    rows = now.rows_allowed + now.rows_denied
    is_ours = finish(
        report,
        WorkStatus.COMPLETED,
        rows_done=rows,
        rows_total=rows,
        run_id=found.run_id,
        measured_at=at,
        watermark=found.watermark,
        policy_digest=found.policy_digest,
        policies_seen=found.policies_seen,
        sent=found.comparison.sent,
        left_the_list=found.comparison.left_the_list,
        wrong=now.wrong.total(),
        outlooks=[_describe(moment, figures) for moment, figures in pairs],
    )
    if is_ours:
        rerun_if_wrong(report_id=report.pk, at=at)


def _describe(moment: Moment, figures: Figures) -> dict[str, Any]:
    by_frequency = sorted(figures.wrong.items(), key=lambda one: (-one[1], one[0]))
    return {
        "outlook": moment.outlook.value,
        "at": moment.at.isoformat(),
        "policy_version": moment.policy.version,
        "policy_digest": moment.policy.digest,
        "rows_allowed": figures.rows_allowed,
        "rows_denied": figures.rows_denied,
        "wrong": figures.wrong.total(),
        "wrong_by_reason": dict(by_frequency),
        "regained": figures.regained,
        "new": figures.new,
    }
