"""An answer that comes from outside for a step that waits: signed by its system, and counted once."""

import hashlib
from uuid import UUID

from django.db import transaction

from consent.kernel.errors import AccordantError
from consent.requests.connectors.interface import SystemRefused
from consent.requests.connectors.webhook.reports import Report, ReportMalformed
from consent.requests.fanning import ending
from consent.requests.fanning.believing import believe
from consent.requests.fanning.collecting import count_taken, seal_rows
from consent.requests.models import Request, Step
from consent.requests.types import STEP_ENDED, Outcome, StepAction


class AnsweredOtherwise(AccordantError):
    """The step has ended already, and not by this answer."""

    code = "answered_otherwise"
    status = 409


@transaction.atomic
def answer_step(step_id: UUID, report: Report, *, content: bytes) -> bool:
    """End a step as its system reports it, with the rows it found; False if this same answer did so before.

    The caller has checked whose answer it is. What `content` was is remembered by its digest.

    :raises StepNotFound: if there is no such step.
    :raises ReportMalformed: if it is the report of another step, has rows that nobody asked for, or says what
        cannot be.
    :raises AnsweredOtherwise: if the step ended otherwise.
    :raises NotPossible: if an earlier phase is not done.
    """
    request, step = ending.lock_step(step_id)
    if report.step != str(step.pk):
        raise ReportMalformed("this is the report of another step")
    if report.rows and step.action != StepAction.COLLECT:
        raise ReportMalformed("rows are taken by steps that collect, and by no others")
    digest = hashlib.sha256(content).hexdigest()
    if step.callback_hash == digest:
        return False
    outcome, parts = _take(request, step, report)
    if not ending.complete_step(step.pk, outcome, parts=parts):
        raise AnsweredOtherwise("this step has ended already, by another answer")
    Step.objects.filter(pk=step.pk).update(callback_hash=digest)
    return True


def _take(request: Request, step: Step, report: Report) -> tuple[Outcome, int]:
    try:
        outcome = believe(report.as_outcome(), StepAction(step.action))
    except SystemRefused as refused:
        raise ReportMalformed(str(refused)) from None
    if step.action != StepAction.COLLECT or step.state in STEP_ENDED:
        return outcome, 0
    rows, parts = seal_rows(request, step, ((one.dataset, one.row) for one in report.rows))
    return count_taken(outcome, rows, is_full=False), parts
