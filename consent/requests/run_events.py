"""What lineage hears of a request: that its type was handled, from the start to its end. Nothing of whom.

The request's row is carried on by others when a process dies, so the run begins in the transaction that
starts the request, and ends in the one that closes it. One that was never started tells nothing.
"""

from consent.ledger.queries import get_time
from consent.policies.types import LegalBasis
from consent.requests.models import Request
from consent.requests.types import EventKind, RequestState
from lineage.events import builders
from lineage.events.naming import job_name, ledger
from lineage.events.ourselves import ENGINE
from lineage.events.types import Input, JobDescription, Owner, Processing, RunDescription, Tag
from lineage.outbox import services as outbox

_DONE = frozenset({RequestState.FULFILLED, RequestState.PARTLY_FULFILLED})


def begin_run(request: Request) -> None:
    """Tell that the request is handled, unless it was told; call it before its start is told elsewhere."""
    if not _has_begun(request):
        outbox.enqueue(event=builders.start(describe_request(request), at=get_time()))


def end_run(request: Request) -> None:
    """Tell what became of a request that is closed now, if it ever began."""
    if not _has_begun(request):
        return
    run = describe_request(request)
    if RequestState(request.state) in _DONE:
        outbox.enqueue(event=builders.complete(run, at=get_time()))
    else:
        outbox.enqueue(event=builders.abort(run, at=get_time()))


def describe_request(request: Request) -> RunDescription:
    """Return the request as lineage knows it. Its reference, which the person has, is not told."""
    return RunDescription(
        run_id=request.run_id,
        job=JobDescription(
            name=job_name("handle_request", request.type),
            kind="REQUEST",
            processing=Processing(f"requests.{request.type}", (LegalBasis.LEGAL_OBLIGATION.value,)),
            documentation="Does what a data subject asks for, or says why not.",
            owners=(Owner.controller(request.controller),),
        ),
        engine=ENGINE,
        inputs=(Input(dataset=ledger()),),
        tags=(Tag(key="outcome", value=request.state),),
    )


def _has_begun(request: Request) -> bool:
    return request.events.filter(kind=EventKind.STARTED).exists()
