"""Traces of one person: begun for a reason, looked at page by page, worked out whole, and forgotten."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from activation.desk.tracing import jobs, vault
from activation.desk.tracing.held import Whereabouts, locate
from activation.desk.tracing.jobs import ReportNotFound
from activation.desk.tracing.lines import write_held, write_run, write_taken_out
from activation.desk.tracing.models import TraceReport
from activation.desk.tracing.persons import find_person
from activation.desk.tracing.types import Access, JobState, Person
from activation.enforcement.presence.queries import RunsPage, count_runs, trace_all, trace_page
from activation.enforcement.presence.types import RunFilter, TracedRun
from consent.kernel.errors import AccordantError
from consent.subjects.types import Identifier, IdentifierKind, SubjectRef

MAX_REASON = 200
_TOLD_EVERY = 200
_LIKE_AN_ADDRESS = re.compile(r"\S@\S")
_EVERY_RUN = RunFilter()


class NoReasonGiven(AccordantError):
    """A trace is made for a reason, which names nobody."""

    code = "no_reason_given"


class NotTheAsker(AccordantError):
    """What a trace found is for the officer who asked for it."""

    code = "not_the_asker"
    status = 403


@transaction.atomic
def begin_trace(
    *,
    identifier: Identifier | None = None,
    ref: SubjectRef | None = None,
    access: Access,
    reason: str,
    officer_id: int,
    at: datetime,
) -> UUID:
    """Set a trace down, and return its id. The audit stream says who asked, when and why; not about whom.

    :raises NoReasonGiven: if there is no reason, or it seems to name somebody.
    :raises MalformedIdentifier, SubjectUnknown: if nobody can be called so.
    :raises KeysUnavailable: if the question cannot be sealed now.
    """
    find_person(identifier=identifier, ref=ref, at=at)
    report = TraceReport(
        officer_id=officer_id,
        reason=check_reason(reason, identifier.value if identifier else None),
        access=access,
        expires_at=at + settings.TRACES_KEPT,
    )
    key = vault.make_key(report)
    report.save()
    vault.write_part(report, key, vault.QUESTION, _write_question(identifier, ref))
    jobs.write_down("subject_traced", report, officer_id=officer_id, at=at, access=access.value)
    return report.pk


def check_reason(reason: str, told: str | None = None) -> str:
    """Return the reason as it is kept.

    :raises NoReasonGiven: if there is none, it is too long, or it seems to name somebody.
    """
    reason = reason.strip()
    if not 1 <= len(reason) <= MAX_REASON:
        raise NoReasonGiven(f"give a reason of at most {MAX_REASON} characters")
    if _LIKE_AN_ADDRESS.search(reason) or (told and _holds(reason, told.strip())):
        raise NoReasonGiven(
            "the reason names somebody: write the number of the request or of the case instead"
        )
    return reason


def _holds(reason: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", reason, re.IGNORECASE) is not None


def get_trace(report_id: UUID, *, officer_id: int) -> TraceReport:
    """Return the trace, for the officer who asked for it.

    :raises ReportNotFound: if there is none; :raises NotTheAsker: if another officer asked for it.
    """
    report = TraceReport.objects.filter(pk=report_id).first()
    if report is None:
        raise ReportNotFound("there is no such trace")
    if report.officer_id != officer_id:
        raise NotTheAsker("what a trace found is for the officer who asked for it: make one of your own")
    return report


def find_traced(report: TraceReport, *, at: datetime) -> Person:
    """Return the person whom the trace is about, as they are known at `at`.

    :raises ReportDestroyed, ReportUnreadable, KeyUnreadable, KeysUnavailable: if that cannot be said.
    :raises SubjectUnknown: if the reference is not known any more.
    """
    vault.insist_on_time(report, at=at)
    question = json.loads(vault.read_part(report, vault.open_key(report), vault.QUESTION))
    if "ref" in question:
        return find_person(ref=SubjectRef(question["ref"]), at=at)
    identifier = Identifier(IdentifierKind(question["kind"]), question["value"])
    return find_person(identifier=identifier, at=at)


def list_traced_runs(*, report_id: UUID, officer_id: int, at: datetime, limit: int) -> RunsPage:
    """Return the latest runs, each with what became in it of the person whom the trace is about.

    :raises ReportNotFound, NotTheAsker: as `get_trace`; and whatever `find_traced` raises.
    """
    person = find_traced(get_trace(report_id, officer_id=officer_id), at=at)
    return trace_page(person.sought, RunFilter(), limit=limit)


@transaction.atomic
def ask_for_all(report: TraceReport, *, at: datetime) -> None:
    """Have all runs looked up by a worker. What an earlier time found goes.

    :raises ReportDestroyed: if the trace's time is over.
    """
    vault.open_key(report)
    ended = TraceReport.objects.exclude(status__in=[JobState.WAITING, JobState.RUNNING])
    asked = ended.filter(pk=report.pk, destroyed_at__isnull=True)
    fresh: dict[str, Any] = {"started_at": None, "finished_at": None, "figures": None, "error": ""}
    if asked.update(status=JobState.WAITING, done=0, total=0, parts=0, **fresh):
        vault.clear_result(report)
        jobs.write_down("trace_of_all_runs", report, officer_id=report.officer_id, at=at)


def run_trace(*, report_id: UUID, at: datetime) -> bool:
    """Carry out a waiting trace of all runs, and return whether this call did; if not, another has."""
    return jobs.carry_out(TraceReport, report_id, lambda report: _trace(report, at))


def _trace(report: TraceReport, at: datetime) -> dict[str, Any]:
    key, person = vault.open_key(report), find_traced(report, at=at)
    counted: Counter[str] = Counter()
    writer = vault.make_writer(report, key)
    for line in _write(report, person, locate(person), counted):
        writer.add(line)
    writer.end()
    return {"parts": writer.parts, "figures": {"runs": dict(counted)}}


def _write(report: TraceReport, person: Person, where: Whereabouts, counted: Counter[str]) -> Iterator[bytes]:
    yield from (write_held(one) for one in where.held)
    yield from (write_taken_out(one) for one in where.taken_out)
    total = count_runs(_EVERY_RUN)
    done = 0
    jobs.tell(report, done=0, total=total)
    for done, run in enumerate(_all_runs(person), start=1):
        counted[run.looked_up.presence] += 1
        yield write_run(run)
        if done % _TOLD_EVERY == 0:
            jobs.tell(report, done=done, total=max(done, total))
    jobs.tell(report, done=done, total=done)


def _all_runs(person: Person) -> Iterator[TracedRun]:
    return trace_all(person.sought, _EVERY_RUN)


@transaction.atomic
def open_result(report: TraceReport, *, at: datetime) -> Iterator[bytes]:
    """Return the lines of what the trace found, for a file; the audit stream tells that it was handed out.

    :raises ReportDestroyed, ReportUnreadable, KeyUnreadable, KeysUnavailable: if it does not open.
    """
    vault.insist_on_time(report, at=at)
    parts = list(vault.read_result(report))
    jobs.write_down("trace_downloaded", report, officer_id=report.officer_id, at=at)
    return (line for part in parts for line in part.splitlines())


def _write_question(identifier: Identifier | None, ref: SubjectRef | None) -> bytes:
    question = {"kind": identifier.kind.value, "value": identifier.value} if identifier else {"ref": ref}
    return json.dumps(question).encode()
