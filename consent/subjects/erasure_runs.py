"""What lineage hears of an erasure: that there was one, and that it is done. Nothing of whom, or how many.

The run begins with the tombstone and is complete when every key is destroyed. Until then its id stands with
the subjects. A process that dies in between leaves it there, and the sweep of keys goes on with it.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID, uuid4

from django.db import transaction

from consent.ledger.queries import get_time
from consent.subjects import queries
from consent.subjects.models import Subject
from consent.subjects.types import SubjectRef
from lineage.events import builders
from lineage.events.naming import job_name, ledger
from lineage.events.ourselves import ENGINE
from lineage.events.types import JobDescription, Output, RunDescription
from lineage.outbox import services as outbox

_DOCUMENTATION = "Closes every way to a person's data, and destroys the keys that it can be read with."


def begin_runs(refs: Sequence[SubjectRef]) -> None:
    """Tell that the erasure of `refs` began, in the transaction of their tombstones; nothing of nobody."""
    if not refs:
        return
    run_id = uuid4()
    Subject.objects.filter(ref__in=refs).update(erasure_run=run_id)
    outbox.enqueue(event=builders.start(_describe(run_id), at=get_time()))


@transaction.atomic
def complete_runs(refs: Iterable[str]) -> None:
    """Tell of each erasure that it is done, if the keys of `refs`, which are gone, were its last."""
    gone = set(refs)
    wanted = queries.one_of(SubjectRef(ref) for ref in gone)
    runs = Subject.objects.filter(ref__in=wanted, erasure_run__isnull=False).values("erasure_run")
    # Whoever completes another part of the same erasure waits here, or neither would see the other's.
    open_parts = Subject.objects.filter(erasure_run__in=runs).order_by("ref").select_for_update()
    parts = list(open_parts.values_list("erasure_run", "ref"))
    Subject.objects.filter(ref__in=[ref for _, ref in parts if ref in gone]).update(erasure_run=None)
    left = {run_id for run_id, ref in parts if ref not in gone}
    for run_id in {run_id for run_id, _ in parts if run_id is not None} - left:
        outbox.enqueue(event=builders.complete(_describe(run_id), at=get_time()))


def _describe(run_id: UUID) -> RunDescription:
    return RunDescription(
        run_id=run_id,
        job=JobDescription(name=job_name("erase_subject"), kind="ERASURE", documentation=_DOCUMENTATION),
        engine=ENGINE,
        outputs=(Output(dataset=ledger()),),
    )
