"""What becomes of a request once all of its steps are done."""

from consent.requests.erasing import closing
from consent.requests.mails.queueing import queue_mail
from consent.requests.models import Request
from consent.requests.moving import move
from consent.requests.packages import building
from consent.requests.types import (
    CHOICES_ALONE,
    Actor,
    ContentDestroyed,
    EventKind,
    MailTemplate,
    RequestState,
    RequestType,
    StepState,
)
from consent.requests.verification.contacts import find_address, names_contact_alone


def finish(request: Request) -> None:
    """Have a locked request in progress go where its kind goes when the last phase has ended.

    An access request gets its package, and an erasure its certificate. A no that every step has carried out
    needs nobody. With all else, an officer looks at what was done, and decides.
    """
    asked = RequestType(request.type)
    if asked in {RequestType.ACCESS, RequestType.PORTABILITY}:
        building.begin_package(request)
    elif asked is RequestType.ERASURE:
        closing.finish_erasure(request)
    elif asked in CHOICES_ALONE and not request.steps.exclude(state=StepState.DONE).exists():
        _write_to_person(request)
        move(request, RequestState.FULFILLED, kind=EventKind.FULFILLED, actor=Actor.SYSTEM)
    else:
        move(request, RequestState.IN_REVIEW, kind=EventKind.IN_REVIEW, actor=Actor.SYSTEM)


def _write_to_person(request: Request) -> None:
    """Have the person told, if they said where to, and named nothing but that.

    Nobody is looked up for it, and whoever names others is not told when those were reached: either would
    tell who is known.
    """
    try:
        address = find_address(request) if names_contact_alone(request) else None
    except ContentDestroyed:
        return
    if address is not None:
        queue_mail(request, MailTemplate.FULFILLED, to=address.value, by_sms=address.is_sms)
