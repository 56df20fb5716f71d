"""Why an event is not taken in, as the API tells it. What was sent is never repeated."""

import re

from activation.checks.wire import MalformedRequest
from activation.checks.wire.errors import Fault
from consent.kernel.errors import AccordantError
from lineage.graph.services import EventRefused

_STEP = re.compile(r"[^.\[\]$]+")
_CODE = "invalid"


class ReservedNamespace(AccordantError):
    """The event claims to be one of this service's own."""

    code = "reserved_namespace"
    status = 403


def refusal(error: EventRefused) -> AccordantError:
    """Return what answers an event that the graph refused."""
    if error.code == ReservedNamespace.code:
        return ReservedNamespace(str(error))
    return MalformedRequest([_fault(text) for text in error.faults])


def not_an_event() -> MalformedRequest:
    """Return what answers a body that is no object."""
    return MalformedRequest([Fault(path="", code=_CODE, message="This is no JSON object.")])


def no_batch(message: str) -> MalformedRequest:
    """Return what answers a body that is no list of events, or holds too many."""
    return MalformedRequest([Fault(path="", code=_CODE, message=message)])


def _fault(text: str) -> Fault:
    """Return the fault that `$.run.runId: words` tells, with a JSON Pointer."""
    path, _, message = text.partition(": ")
    return Fault(path="".join(f"/{step}" for step in _STEP.findall(path)), code=_CODE, message=message)
