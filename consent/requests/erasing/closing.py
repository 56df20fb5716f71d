"""The end of an erasure: a signed certificate, a mail to the person, and the request is closed."""

from collections.abc import Sequence

from django.db import transaction

from consent.ledger.queries import get_time
from consent.requests.erasing.certificates.gathering import StepsOpen
from consent.requests.erasing.certificates.issuing import issue
from consent.requests.erasing.certificates.reading import get_certificate
from consent.requests.erasing.reports import sum_up
from consent.requests.mails.queueing import queue_mail
from consent.requests.models import Request, Step
from consent.requests.moving import lock_request, move
from consent.requests.types import (
    STEP_ENDED,
    Actor,
    ContentDestroyed,
    EventKind,
    MailTemplate,
    RequestState,
    StepAction,
    StepState,
)
from consent.requests.verification.contacts import find_address
from consent.verifier.certificates.document import ErasureCertificate


@transaction.atomic
def finish_erasure(request: Request) -> None:
    """Sign the certificate, have the person written to, and close the request.

    It is fulfilled if every step is done and nothing was kept; else partly, as the certificate then says.
    Called again, it changes nothing.

    :raises StepsOpen: if a step has not ended, the last one included.
    """
    current = lock_request(request.pk)
    if current.is_closed:
        return
    steps = list(
        Step.objects.filter(request=current).select_related("system").order_by("phase", "system__slug", "pk")
    )
    if any(step.state not in STEP_ENDED for step in steps):
        raise StepsOpen("a step of this erasure has not ended")
    outcome, at = _decide(steps), get_time()
    certificate = issue(current, steps, outcome=outcome, at=at)
    _write_to_person(current, get_certificate(current.pk))
    kinds = {
        RequestState.FULFILLED: EventKind.FULFILLED,
        RequestState.PARTLY_FULFILLED: EventKind.PARTLY_FULFILLED,
    }
    detail = {"certificate": certificate.digest}
    move(current, outcome, kind=kinds[outcome], actor=Actor.SYSTEM, detail=detail)
    request.refresh_from_db()  # the caller may hold another copy of the same row


def _decide(steps: Sequence[Step]) -> RequestState:
    """Return what the steps come to: a kept row, or a step that was not wholly done, makes it a part."""
    is_whole = all(step.state == StepState.DONE and not _count_kept(step) for step in steps)
    return RequestState.FULFILLED if is_whole else RequestState.PARTLY_FULFILLED


def _count_kept(step: Step) -> int:
    """Return how many rows the step kept. Of the recipients' step nothing is kept."""
    if step.action == StepAction.TELL_RECIPIENTS:
        return 0
    return sum(one.kept for one in sum_up(step.report))


def _write_to_person(request: Request, certificate: ErasureCertificate) -> None:
    """Queue the mail, if it is known where to. What the request held may be gone: that is no hindrance."""
    try:
        address = find_address(request)
    except ContentDestroyed:
        return
    if address is not None:
        context = {"kept": "yes"} if certificate.outcome == RequestState.PARTLY_FULFILLED else {}
        if certificate.no_backup_after:
            context["backups_until"] = certificate.no_backup_after
        queue_mail(request, MailTemplate.ERASED, to=address.value, by_sms=address.is_sms, context=context)
