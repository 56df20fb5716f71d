"""Breach reports: opened, worked out, and their list handed out by two officers. Every act is on record."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from activation.desk.tracing import jobs, vault
from activation.desk.tracing.jobs import ReportNotFound
from activation.desk.tracing.models import BreachDownload, BreachReport
from activation.desk.tracing.reach.datasets import describe_dataset
from activation.desk.tracing.reach.working import find_reached
from activation.desk.tracing.traces import check_reason
from activation.desk.tracing.types import BreachQuestion, BreachScope, JobState
from activation.destinations.queries import get_register
from consent.kernel.errors import AccordantError
from consent.ledger.types import rfc3339


class DestinationUnknown(AccordantError):
    """No destination is registered under this slug."""

    code = "destination_unknown"
    status = 404


class MalformedBreach(AccordantError):
    """The times of the breach do not fit together."""

    code = "malformed_breach"


class ListNotOpen(AccordantError):
    """The list is not to be handed out: it is not there, or a second officer has not approved it."""

    code = "breach_list_not_open"
    status = 409


class SecondOfficerNeeded(AccordantError):
    """Whoever asks for the list cannot approve that it is opened."""

    code = "second_officer_needed"
    status = 409


@transaction.atomic
def open_breach_report(
    *, question: BreachQuestion, known_at: datetime, reason: str, officer_id: int, at: datetime
) -> UUID:
    """Set a breach report down to be worked out, and return its id.

    :raises MalformedBreach: if the period is empty, or not over yet, or became known before it began.
    :raises NoReasonGiven: if there is no word on what happened, or it seems to name somebody.
    :raises DestinationUnknown, DatasetUnknown: if there is nothing of this name.
    :raises KeysUnavailable: if the list could not be sealed now.
    """
    if not question.since < question.until <= at:
        raise MalformedBreach(
            "the period ends before it begins, or later than now: of a breach that goes on, say now"
        )
    if not question.since <= known_at <= at:
        raise MalformedBreach("it became known before it began, or later than now")
    report = BreachReport(
        officer_id=officer_id,
        reason=check_reason(reason),
        scope=question.scope,
        name=question.name,
        label=_find_label(question),
        since=question.since,
        until=question.until,
        known_at=known_at,
        status=JobState.WAITING,
        expires_at=at + settings.BREACH_LISTS_KEPT,
    )
    vault.make_key(report)
    report.save()
    jobs.write_down(
        "breach_report_opened",
        report,
        officer_id=officer_id,
        at=at,
        scope=question.scope.value,
        name=question.name,
        since=rfc3339(question.since),
        until=rfc3339(question.until),
        known_at=rfc3339(known_at),
    )
    return report.pk


def _find_label(question: BreachQuestion) -> str:
    if question.scope is BreachScope.DATASET:
        return describe_dataset(question.name)
    if question.name not in get_register():
        raise DestinationUnknown("no destination is registered under this slug")
    return question.name


def run_breach_report(*, report_id: UUID, at: datetime) -> bool:
    """Carry out a waiting report, and return whether this call did; if not, another has."""
    return jobs.carry_out(BreachReport, report_id, lambda report: find_reached(report, at=at))


def get_breach_report(report_id: UUID) -> BreachReport:
    """Return the report.

    :raises ReportNotFound: if there is none.
    """
    officers = ("officer", "opening_asked_by", "opening_approved_by")
    report = BreachReport.objects.select_related(*officers).filter(pk=report_id).first()
    if report is None:
        raise ReportNotFound("there is no such breach report")
    return report


@transaction.atomic
def work_out_again(*, report_id: UUID, officer_id: int, at: datetime) -> None:
    """Have a report that did not come to its end worked out again.

    :raises ReportNotFound, ReportDestroyed: if it cannot be.
    """
    report = _lock(report_id)
    vault.open_key(report)
    if report.status in {JobState.FAILED, JobState.CANCELLED, JobState.ABANDONED}:
        vault.clear_result(report)
        _change(report, status=JobState.WAITING, started_at=None, finished_at=None, error="", parts=0)
        jobs.write_down("breach_report_again", report, officer_id=officer_id, at=at)


@transaction.atomic
def ask_for_list(*, report_id: UUID, officer_id: int, at: datetime) -> None:
    """Ask that the list is opened to `officer_id`; another officer has to approve. To ask again begins anew.

    :raises ReportNotFound, ReportDestroyed: if there is none any more.
    :raises ListNotOpen: if it is not made yet.
    """
    report = _lock(report_id)
    _insist_on_list(report, at)
    _change(
        report,
        opening_asked_by=officer_id,
        opening_asked_at=Now(),
        opening_approved_by=None,
        opening_approved_at=None,
    )
    jobs.write_down("breach_list_asked_for", report, officer_id=officer_id, at=at)


@transaction.atomic
def approve_list(*, report_id: UUID, asked_by: int | None, officer_id: int, at: datetime) -> None:
    """Approve that the list is opened to the officer `asked_by`, who asked last.

    :raises ReportNotFound, ReportDestroyed: if there is none any more.
    :raises ListNotOpen: if nobody has asked, or somebody else has since.
    :raises SecondOfficerNeeded: if the officer has asked for it.
    """
    report = _lock(report_id)
    _insist_on_list(report, at)
    if report.opening_asked_by_id is None:
        raise ListNotOpen(
            "nobody has asked for the list: whoever needs it asks first, another officer approves"
        )
    if report.opening_asked_by_id != asked_by:
        raise ListNotOpen("somebody else has asked for the list since: see who, and approve then")
    if report.opening_asked_by_id == officer_id:
        raise SecondOfficerNeeded("another officer has to approve: two people open the list")
    _change(report, opening_approved_by=officer_id, opening_approved_at=Now())
    jobs.write_down("breach_list_approved", report, officer_id=officer_id, at=at)


@transaction.atomic
def open_list(*, report_id: UUID, officer_id: int, at: datetime) -> Iterator[bytes]:
    """Return the list, part by part, for the officer who asked for it; that it was handed out is on record.

    A part that does not open raises `ReportUnreadable` when it is come to: that is no whole list then.

    :raises ReportNotFound, ReportDestroyed: if it cannot be had.
    :raises ListNotOpen: if the officer has not asked for it, or nobody has approved.
    """
    report = _lock(report_id)
    _insist_on_list(report, at)
    if report.opening_asked_by_id != officer_id or report.opening_approved_by_id is None:
        raise ListNotOpen(
            "ask for the list, and have another officer approve: only then it is handed out to you"
        )
    BreachDownload.objects.create(report=report, officer_id=officer_id)
    jobs.write_down("breach_list_downloaded", report, officer_id=officer_id, at=at)
    return vault.read_result(report)


@transaction.atomic
def destroy_list(*, report_id: UUID, officer_id: int, at: datetime) -> None:
    """Destroy the list before its time.

    :raises ReportNotFound: if there is no such report.
    """
    report = _lock(report_id)
    if report.destroyed_at is None and not report.is_unfinished:
        vault.destroy(report)
        jobs.write_down("breach_list_destroyed", report, officer_id=officer_id, at=at)


def _insist_on_list(report: BreachReport, at: datetime) -> None:
    vault.insist_on_time(report, at=at)
    if report.status != JobState.COMPLETED:
        raise ListNotOpen("the report is not finished: there is no list yet")
    vault.open_key(report)


def _lock(report_id: UUID) -> BreachReport:
    report = BreachReport.objects.select_for_update().filter(pk=report_id).first()
    if report is None:
        raise ReportNotFound("there is no such breach report")
    return report


def _change(report: BreachReport, **changes: Any) -> None:
    BreachReport.objects.filter(pk=report.pk).update(**changes)
