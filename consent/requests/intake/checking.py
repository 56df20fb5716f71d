"""Whether what comes in can be a request: as little as is needed, and nothing that cannot be kept."""

from datetime import datetime

from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.policies.queries import explain_code, get_policy_in_force
from consent.requests.models import Agent, Request
from consent.requests.rules.appeals import is_within_window
from consent.requests.rules.new_requests import find_fault
from consent.requests.types import CLOSED, NewRequest, RequestState, RequestType


class RequestMalformed(AccordantError):
    """What came in cannot be a request. The message says what is wrong, and repeats nothing of it."""

    code = "request_malformed"
    status = 400


class ControllerUnknown(AccordantError):
    """The policy in force knows no controller of that name."""

    code = "controller_unknown"
    status = 400


class AgentUnknown(AccordantError):
    """There is no agent of that name who may ask for other people."""

    code = "agent_unknown"
    status = 400


class AppealNotPossible(AccordantError):
    """There is no closed request of that reference that can be appealed against now."""

    code = "appeal_not_possible"
    status = 409


def check_new(new: NewRequest, *, at: datetime) -> None:
    """Let a request in that can be one.

    :raises RequestMalformed, ControllerUnknown: if it cannot.
    """
    if fault := find_fault(new, at=at):
        raise RequestMalformed(fault)
    if new.jurisdiction and explain_code(new.jurisdiction) is not None:
        raise RequestMalformed("jurisdiction: a code such as DE or US-CA is expected")
    policy = get_policy_in_force(at=at)
    if policy is None:
        return
    document = canonical.loads(policy.canonical)
    if new.controller not in document.get("controllers", {}):
        raise ControllerUnknown("controller: the policy in force knows none of that name")
    if set(new.purposes) - document.get("purposes", {}).keys():
        raise RequestMalformed("purposes: the policy in force does not know each of them")


def find_agent(slug: str | None) -> Agent | None:
    """Return the agent who asks; None if the person asks themselves.

    :raises AgentUnknown: if there is none of that name, or they may not any more.
    """
    if slug is None:
        return None
    agent = Agent.objects.filter(slug=slug, is_active=True).order_by("pk").first()
    if agent is None:
        raise AgentUnknown("agent: nobody of that name may ask for other people")
    return agent


def find_appealed(new: NewRequest, *, at: datetime) -> Request | None:
    """Return the request that is appealed against; None if this is no appeal.

    :raises AppealNotPossible: if there is none, it goes on, or it is too late: one answer for all of them.
    """
    if new.type is not RequestType.APPEAL:
        return None
    closed = Request.objects.filter(state__in=CLOSED, controller=new.controller)
    appealed = closed.filter(reference=(new.appeal_of or "").strip().upper()).order_by("pk").first()
    if appealed is None or not _can_be_appealed(appealed, at):
        raise AppealNotPossible("there is no closed request of that reference to appeal against now")
    return appealed


def _can_be_appealed(appealed: Request, at: datetime) -> bool:
    answered = appealed.state not in {RequestState.CANCELLED, RequestState.EXPIRED}
    return answered and appealed.closed_at is not None and is_within_window(appealed.closed_at, at=at)
