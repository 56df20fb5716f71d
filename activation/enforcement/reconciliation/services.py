"""Comparing one holding with its destination, and mending what differs.

Who is there and may not be is taken out. Who is not there stays a member: that a destination does not name
somebody today is no proof that it does not hold them, and a no must still reach it.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import uuid4

from django.db.models.functions import Now

from activation.destinations.kinds.interface import Connector
from activation.destinations.queries import open_connector
from activation.enforcement.delivering import refuse_if_shut
from activation.enforcement.locks import try_lock, unlock
from activation.enforcement.membership.models import Holding, Segment
from activation.enforcement.membership.queries import columns_of, read_members
from activation.enforcement.reconciliation.comparing import Comparison
from activation.enforcement.reconciliation.laying import lay_ours, lay_theirs
from activation.enforcement.reconciliation.models import Reconciliation
from activation.enforcement.reconciliation.straying import judge_strays
from activation.enforcement.reconciliation.types import Difference, ReconciliationState
from activation.enforcement.scratch import open_scratch
from activation.enforcement.suppression.models import Suppression
from activation.enforcement.suppression.types import SuppressionState
from activation.enforcement.suppression.waking import wake_for_destinations
from activation.snapshots.bulk.running import open_duck
from activation.snapshots.queries import consistent_view
from consent.kernel.errors import AccordantError
from consent.ledger.queries import get_time
from consent.network.errors import DeliveryRefused
from consent.subjects.types import IdentifierKind

_LONGEST_ERROR = 500
_DONE = (SuppressionState.ACKNOWLEDGED, SuppressionState.BY_HAND)


class ReconciliationBusy(AccordantError):
    """Another process compares this holding now."""

    code = "reconciliation_busy"
    status = 409


def reconcile(*, holding_id: int) -> Reconciliation:
    """Compare what the destination says that it has with what we know, and take out who may not be there.

    Whatever goes wrong is written down, and nobody taken out then. Safe to run twice, and to kill: a
    comparison that a dead process left is ended as failed by the next one of its holding.

    :raises ReconciliationBusy: if another process compares this holding now.
    """
    lock = f"reconciliation {holding_id}"
    if not try_lock(lock):
        raise ReconciliationBusy("this audience is being compared already: wait for it")
    try:
        _end_dead(holding_id)
        holding = Holding.objects.get(pk=holding_id)
        row = Reconciliation.objects.create(holding=holding, destination=holding.destination)
        return _carry_out(row, holding)
    finally:
        unlock(lock)


def _carry_out(row: Reconciliation, holding: Holding) -> Reconciliation:
    try:
        found = _compare(row, holding)
    except Exception as error:
        message = str(error) if isinstance(error, AccordantError) else type(error).__name__
        _finish(row, ReconciliationState.FAILED, error=message[:_LONGEST_ERROR])
        if not isinstance(error, AccordantError):
            raise
        return row
    _finish(
        row,
        ReconciliationState.COMPLETED,
        rows_there=found.rows_there,
        members=found.members,
        incomparable=found.incomparable,
        missing=found.missing,
        strays=found.strays,
        taken_out=found.taken_out,
        unexplained=found.unexplained,
    )
    if found.taken_out:
        wake_for_destinations([holding.destination])
    return row


def _compare(row: Reconciliation, holding: Holding) -> Difference:
    began, before, columns = get_time(), _list_segments(holding), _list_columns(holding)
    connector = _open(holding)
    with open_scratch(uuid4()) as scratch, open_duck(scratch) as duck:
        ours, theirs = scratch / "ours.parquet", scratch / "theirs.parquet"
        with consistent_view():
            laid = lay_ours(read_members(holding.pk), ours)
        rows = lay_theirs(
            connector.list_held(holding.audience, columns),
            columns,
            theirs,
            told=lambda done: _tell(row, done),
        )
        comparison = Comparison(duck, ours=ours, theirs=theirs, kinds=list(columns))
        judged = judge_strays(holding, comparison.list_strays())
        missing = comparison.count_missing(_list_taken_out(holding, since=began))
        strays = comparison.count_strays() - judged.known
        return Difference(
            rows_there=rows,
            members=laid.members,
            incomparable=laid.incomparable,
            missing=missing if before == _list_segments(holding) else None,
            strays=strays,
            taken_out=judged.taken_out,
            unexplained=strays - judged.explained,
        )


def _open(holding: Holding) -> Connector:
    refuse_if_shut(holding.destination, get_time())
    connector = open_connector(holding.destination)
    if connector is None:
        raise DeliveryRefused("the destination is not connected, so it cannot be asked: compare by hand")
    return connector


def _list_columns(holding: Holding) -> Mapping[IdentifierKind, str]:
    """Return the destination's columns by the kind that they carry, as they were sent last.

    :raises DeliveryRefused: if it was told no identifier.
    """
    found: dict[IdentifierKind, str] = {}
    for segment in Segment.objects.filter(holding=holding).order_by("pk"):
        found |= columns_of(segment)
    if not found:
        raise DeliveryRefused("the destination was sent no identifiers, so it cannot name anybody")
    return found


def _list_segments(holding: Holding) -> list[tuple[int, str]]:
    rows = Segment.objects.filter(holding=holding).order_by("pk")
    return list(rows.values_list("pk", "state"))


def _list_taken_out(holding: Holding, *, since: datetime) -> set[str]:
    rows = Suppression.objects.filter(holding=holding, state__in=_DONE, ended_at__gte=since)
    return set(rows.order_by("pk").values_list("subject_ref", flat=True))


def _tell(row: Reconciliation, done: int) -> None:
    Reconciliation.objects.filter(pk=row.pk).update(rows_there=done)


def _end_dead(holding_id: int) -> None:
    """End what a dead process left: its lock is free, and we hold it."""
    Reconciliation.objects.filter(holding=holding_id, state=ReconciliationState.RUNNING).update(
        state=ReconciliationState.FAILED, finished_at=Now(), error="its process ended before it had compared"
    )


def _finish(row: Reconciliation, state: ReconciliationState, **changes: object) -> None:
    Reconciliation.objects.filter(pk=row.pk).update(state=state, finished_at=Now(), **changes)
    row.refresh_from_db()
