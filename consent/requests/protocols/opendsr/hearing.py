"""Call-backs of processors that we sent requests to. One that is signed has the processor asked at once.

What it says is not written down: the answer to our own question is, signed as well.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.conf import settings

from consent.kernel.errors import AccordantError
from consent.requests.connectors.interface import SystemRefused
from consent.requests.connectors.opendsr.settings import read_certificate, read_settings
from consent.requests.connectors.opendsr.signatures import check_answer
from consent.requests.fanning.waking import wake_for_system
from consent.requests.models import Step
from consent.requests.protocols.schemas import check_form, read_object
from consent.requests.types import StepState, SystemKind


class CallbackRefused(AccordantError):
    """The call-back is not signed by the processor whose request it is. Or there is no such request."""

    code = "callback_refused"
    status = 403


def hear(step_id: UUID, content: bytes, headers: Mapping[str, str], *, at: datetime) -> None:
    """Have the processor of the step asked now, if this is its signed call-back. `headers`: lower case.

    :raises CallbackRefused: if it is not.
    :raises MessageMalformed: if what is signed is not of the protocol's form.
    """
    step = Step.objects.filter(pk=step_id, system__kind=SystemKind.OPENDSR).select_related("system").first()
    if step is None or step.system is None:
        raise CallbackRefused("this is not signed by the processor whose request it is")
    try:
        declared = read_settings(step.system.settings, allow_local=settings.ALLOW_LOCAL_DESTINATIONS)
        certificate = read_certificate(declared)
        check_answer(content, headers, certificate=certificate, domain=declared.domain, at=at)
    except SystemRefused:
        raise CallbackRefused("this is not signed by the processor whose request it is") from None
    body = read_object(content)
    check_form(body, "opendsr", "status")
    if body["subject_request_id"] != str(step.pk):
        raise CallbackRefused("this is the call-back of another request")
    due = Step.objects.filter(pk=step.pk, state=StepState.READY, leased_until__isnull=True)
    if due.update(next_attempt_at=None):
        wake_for_system(step.system.pk, step.system.kind)
