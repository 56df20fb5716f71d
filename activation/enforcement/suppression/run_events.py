"""What lineage hears of suppressions: how many people a destination has to take out, why, and that it has.

A parcel is a run, from its forming to its end, by whichever workers: nothing of it dies with a process. The
run's id is the parcel's, the key that the destination knows it by, so that both sides' records of it meet. It
is random, and gives nobody any power.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID, uuid4

from activation.enforcement.suppression.models import Parcel, Suppression
from activation.enforcement.types import TOOL, TOOL_VERSION
from consent.ledger.queries import get_time
from lineage.events import builders
from lineage.events.builders import Event
from lineage.events.naming import destination as name_destination
from lineage.events.naming import job_name
from lineage.events.types import Engine, JobDescription, Output, RunDescription, Statistics, Tag
from lineage.outbox import services as outbox
from lineage.outbox.services import EventOutOfOrder
from lineage.running import services as running

_DOCUMENTATION = "Has a destination take out people whom it may not hold any more."
FACTS = ("cause", "reason", "holding__purpose", "holding__controller")
"""What of each suppression is counted and told."""
_TOLD_AS = ("cause", "reason", "purpose", "controller")


def tell_formed(parcel: Parcel, facts: Iterable[tuple[str, ...]]) -> None:
    """Tell that the parcel was formed, and how often each of the suppressions' `FACTS` is in it.

    This, and what became of it below, is told in the transaction that writes it down.
    """
    run = _describe(parcel.pk, parcel.destination, tags=_count(facts))
    outbox.enqueue(event=builders.start(run, at=get_time()))


def tell_taken(parcel: Parcel) -> None:
    """Tell that the destination has taken its people out."""
    _tell_end(parcel, builders.complete(_describe_parcel(parcel), at=get_time()))


def tell_refused(parcel: Parcel, error: str) -> None:
    """Tell that the destination refuses it; `error` is a text of ours."""
    run = _describe(parcel.pk, parcel.destination)
    _tell_end(parcel, builders.fail(run, at=get_time(), message=error))


def tell_taken_apart(parcel: Parcel) -> None:
    """Tell that its people go out in other parcels, or not by themselves."""
    run = _describe(parcel.pk, parcel.destination)
    _tell_end(parcel, builders.abort(run, at=get_time()))


def tell_acknowledged(rows: Sequence[Suppression], *, way: str) -> None:
    """Tell that these, all of one destination, were taken out by somebody else: by hand, or by who pulls."""
    if not rows:
        return
    facts = [(one.cause, one.reason, one.holding.purpose, one.holding.controller) for one in rows]
    tags = (Tag(key="way", value=way), *_count(facts))
    run = _describe(uuid4(), rows[0].destination, people=len(rows), tags=tags)
    running.tell_done(run=run, at=get_time())


def _tell_end(parcel: Parcel, event: Event) -> None:
    try:
        outbox.enqueue(event=event)
    except EventOutOfOrder:  # it was formed before parcels were told of
        run = _describe(parcel.pk, parcel.destination)
        outbox.enqueue(event=builders.start(run, at=parcel.created_at))
        outbox.enqueue(event=event)


def _count(facts: Iterable[tuple[str, ...]]) -> tuple[Tag, ...]:
    counted = Counter(pair for one in facts for pair in zip(_TOLD_AS, one, strict=True))
    return tuple(
        Tag(key=f"{key}.{value}", value=str(number)) for (key, value), number in sorted(counted.items())
    )


def _describe_parcel(parcel: Parcel) -> RunDescription:
    return _describe(parcel.pk, parcel.destination, people=parcel.size)


def _describe(
    run_id: UUID, destination: str, *, people: int | None = None, tags: tuple[Tag, ...] = ()
) -> RunDescription:
    statistics = None if people is None else Statistics(rows=people)
    return RunDescription(
        run_id=run_id,
        job=JobDescription(
            name=job_name("suppress", destination), kind="SUPPRESSION", documentation=_DOCUMENTATION
        ),
        engine=Engine(TOOL, TOOL_VERSION),
        outputs=(Output(dataset=name_destination(destination), statistics=statistics),),
        tags=tags,
    )
