"""Measuring drift: the list as it is now, decided anew, held against the evidence of its last run."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from activation.decisions.engine import decide
from activation.decisions.reasons import ALLOWING, Reason
from activation.decisions.types import Question, SubjectState
from activation.enforcement.audience.identifiers import find_identifier_columns, read_identifiers
from activation.enforcement.audience.reading import open_audience
from activation.enforcement.beside import Watch, watch_over
from activation.enforcement.files import RunFiles
from activation.enforcement.models import EnforcementRun
from activation.enforcement.standing.drift.comparing import Comparing, Comparison, Figures
from activation.enforcement.standing.drift.outlooks import Moment, list_moments, list_policies
from activation.enforcement.standing.drift.rerunning import get_last_run, rerun_if_wrong
from activation.enforcement.standing.inputs import count_rows, find_format, find_input
from activation.enforcement.standing.models import DriftReport
from activation.enforcement.standing.types import WorkStatus
from activation.enforcement.standing.work import Telling, WorkStopped, WorkTakenOver, claim, finish
from activation.snapshots.queries import Snapshot, open_snapshot
from consent.kernel.errors import AccordantError
from consent.subjects.types import Identifier, IdentifierKind
from consent.verifier.digests import digest_file
from consent.verifier.manifests.evidence import walk_evidence
from consent.verifier.manifests.manifest import read_manifest
from consent.verifier.manifests.membership import hash_member


class DriftNotMeasurable(AccordantError):
    """There is nothing to hold the list against."""

    code = "drift_not_measurable"
    status = 409


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
    """Take the members of the run's evidence, if it is the one that the run wrote, and return its key."""
    files = RunFiles(Path(run.output), run.pk)
    if not files.manifest.is_file() or digest_file(files.manifest) != run.manifest_digest:
        raise DriftNotMeasurable("the last run's manifest is not where it wrote it: run the audience again")
    stated = read_manifest(files.manifest.read_bytes()).manifest.membership
    if not files.evidence.is_file() or digest_file(files.evidence) != stated.evidence_digest:
        raise DriftNotMeasurable("the last run's evidence is not where it wrote it: run the audience again")
    with files.evidence.open("rb") as file:
        _, run_key, members = walk_evidence(file)
        for member, reason in members:
            comparing.add_evidence(member, was_sent=reason is None)
    return run_key


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
    named = {IdentifierKind(kind): column for kind, column in request.identifiers.items()}
    columns = find_identifier_columns(audience.schema, named or None)
    question = Question(purpose=run.purpose, destination=run.destination, controller=run.controller)
    rows, total = 0, count_rows(path, audience_format)
    telling(0, rows_total=total)
    for batch in audience.batches():
        people = read_identifiers(batch, columns)
        for person, reasons in zip(people, _decide(snapshot, moments, question, people), strict=True):
            comparing.add_row((hash_member(run_key, one) for one in person or ()), reasons)
        rows += len(people)
        telling(rows)


def _decide(
    snapshot: Snapshot,
    moments: list[Moment],
    question: Question,
    people: list[tuple[Identifier, ...] | None],
) -> Iterator[list[Reason]]:
    """Yield the reasons of each row, at each moment in turn. One that names nobody is denied, as in a run."""
    states = iter(snapshot.load_states([one for one in people if one]))
    nobody = SubjectState(complete_at=snapshot.complete_at, watermark=snapshot.watermark)
    for person in people:
        state = next(states) if person else nobody
        reasons = [decide(one.policy, snapshot.register, state, question, one.at).reason for one in moments]
        yield reasons if person else [_refuse_nobody(reason) for reason in reasons]


def _refuse_nobody(reason: Reason) -> Reason:
    return Reason.SUBJECT_UNKNOWN if reason in ALLOWING else reason


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
        "wrong_by_reason": {reason.value: count for reason, count in by_frequency},
        "regained": figures.regained,
        "new": figures.new,
    }
