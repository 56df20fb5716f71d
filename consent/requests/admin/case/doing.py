"""All that officers can do about a request, and which of it a page offers now."""

from collections.abc import Mapping

from django.http import HttpRequest

from consent.requests.admin.case.acts import keeping
from consent.requests.admin.case.declaring import CaseAction
from consent.requests.models import Request, Step

ACTIONS: Mapping[str, CaseAction] = {
    one.name: one for one in (keeping.ASSIGN, keeping.ACKNOWLEDGE, keeping.NOTE)
}


def may_do(request: HttpRequest, action: CaseAction) -> bool:
    """Return whether the officer has what the action needs."""
    return all(request.user.has_perm(one) for one in (action.permission, *action.also_needs))


def list_offered(request: HttpRequest, case: Request) -> list[CaseAction]:
    """Return what the officer can do about the request as it is now, steps apart."""
    return [
        one
        for one in ACTIONS.values()
        if one.is_open_step is None and may_do(request, one) and one.is_open(case)
    ]


def list_offered_of(request: HttpRequest, case: Request, step: Step) -> list[CaseAction]:
    """Return what the officer can do about one step as it is now."""
    return [
        one
        for one in ACTIONS.values()
        if one.is_open_step and may_do(request, one) and one.is_open(case) and one.is_open_step(step)
    ]
