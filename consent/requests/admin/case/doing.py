"""All that officers can do about a request, and which of it a page offers now."""

from collections.abc import Mapping

from django.http import HttpRequest

from consent.requests.admin.case.acts import (
    clock,
    continuing,
    deciding,
    erasing,
    keeping,
    mails,
    packages,
    proving,
    recipients,
    steps,
)
from consent.requests.admin.case.declaring import CaseAction
from consent.requests.models import Request, Step

ACTIONS: Mapping[str, CaseAction] = {
    one.name: one
    for one in (
        deciding.JURISDICTION,
        proving.DOCUMENT,
        proving.CODE,
        proving.LEVEL,
        packages.RELEASE,
        packages.WITHDRAW,
        deciding.FULFIL,
        erasing.PROPOSE,
        erasing.APPROVE_IT,
        erasing.SEND_BACK,
        continuing.ERASE_REST,
        recipients.TELL_WHO,
        keeping.ASSIGN,
        keeping.ACKNOWLEDGE,
        keeping.NOTE,
        clock.PAUSE,
        clock.RESUME,
        clock.EXTEND,
        deciding.REFUSE,
        deciding.CANCEL,
        packages.REDACT,
        packages.UNDO_REDACTION,
        mails.SEND_AGAIN,
        steps.RETRY,
        steps.SKIP,
        steps.FINISH,
    )
}
"""By the name in the address, in the order in which a page offers them."""


def may_do(request: HttpRequest, action: CaseAction) -> bool:
    """Return whether the officer has what the action needs."""
    return all(request.user.has_perm(one) for one in (action.permission, *action.also_needs))


def list_offered(request: HttpRequest, case: Request) -> list[CaseAction]:
    """Return what the officer can do about the request as it is now, steps apart."""
    return [
        one
        for one in ACTIONS.values()
        if not one.is_beside and not one.is_open_step and may_do(request, one) and one.is_open(case)
    ]


def list_offered_of(request: HttpRequest, case: Request, step: Step) -> list[CaseAction]:
    """Return what the officer can do about one step as it is now."""
    return [
        one
        for one in ACTIONS.values()
        if one.is_open_step and may_do(request, one) and one.is_open(case) and one.is_open_step(step)
    ]
