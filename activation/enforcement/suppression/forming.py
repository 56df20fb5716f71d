"""Forming parcels: the next suppressions of one holding, in an order that is kept for each person.

At one destination a person's suppressions go out one after the other, by their ids. One whose holding is
being sent to waits for that run's end, and does not hold up the others. The cost of forming does not grow
with what waits: every look goes along an index, and ends after some rows.
"""

from datetime import timedelta

from django.db import connection

from activation.enforcement.suppression.floors import Floors
from activation.enforcement.suppression.models import Parcel, Suppression
from activation.enforcement.suppression.run_events import FACTS, tell_formed
from activation.enforcement.suppression.types import ParcelState, SuppressionState
from lineage.leases.rows import from_now

MOST_IN_A_PARCEL = 200
_LOOKED_AT = 2 * MOST_IN_A_PARCEL  # some may have to wait for others

_HOLDINGS = """
    SELECT holding.id FROM activation_enforcement_holding AS holding
    WHERE holding.destination = %s AND NOT EXISTS (
        SELECT FROM activation_enforcement_segment AS segment
        WHERE segment.holding_id = holding.id AND segment.state = 'sending'
    )
    ORDER BY holding.id
"""
# `holding_id <= …` and the pair beside it, not `holding_id = …`: so that the order is that of our index only,
# and no planner walks along the primary key, past everything that went out before.
_FIRST = """
    SELECT holding.id, first.is_urgent, first.id
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS holding (id, urgent, slow)
    CROSS JOIN LATERAL (
        (SELECT is_urgent, waiting.id FROM activation_enforcement_suppression AS waiting
        WHERE (holding_id, waiting.id) >= (holding.id, holding.urgent) AND holding_id <= holding.id
        AND state = 'waiting' AND parcel_id IS NULL AND is_urgent
        ORDER BY holding_id, waiting.id LIMIT 1)
        UNION ALL
        (SELECT is_urgent, waiting.id FROM activation_enforcement_suppression AS waiting
        WHERE (holding_id, waiting.id) >= (holding.id, holding.slow) AND holding_id <= holding.id
        AND state = 'waiting' AND parcel_id IS NULL AND NOT is_urgent
        ORDER BY holding_id, waiting.id LIMIT 1)
        LIMIT 1
    ) AS first
    ORDER BY first.is_urgent DESC, first.id
"""
_NEXT = """
    SELECT next.id, next.goes_alone, next.is_urgent, earlier.ids
    FROM (
        (SELECT id, goes_alone, is_urgent, subject_ref, destination FROM activation_enforcement_suppression
        WHERE (holding_id, id) >= (%(holding)s, %(urgent)s) AND holding_id <= %(holding)s
        AND state = 'waiting' AND parcel_id IS NULL AND is_urgent
        ORDER BY holding_id, id LIMIT %(limit)s)
        UNION ALL
        (SELECT id, goes_alone, is_urgent, subject_ref, destination FROM activation_enforcement_suppression
        WHERE (holding_id, id) >= (%(holding)s, %(slow)s) AND holding_id <= %(holding)s
        AND state = 'waiting' AND parcel_id IS NULL AND NOT is_urgent
        ORDER BY holding_id, id LIMIT %(limit)s)
        ORDER BY is_urgent DESC, id LIMIT %(limit)s
    ) AS next
    CROSS JOIN LATERAL (
        SELECT array_agg(other.id) AS ids FROM activation_enforcement_suppression AS other
        WHERE next.subject_ref <> '' AND other.subject_ref = next.subject_ref
        AND other.destination = next.destination AND other.state = 'waiting' AND other.id <> next.id
        AND (other.parcel_id IS NOT NULL OR other.id < next.id AND NOT EXISTS (
            SELECT FROM activation_enforcement_segment AS segment
            WHERE segment.holding_id = other.holding_id AND segment.state = 'sending'
        ))
    ) AS earlier
    ORDER BY next.is_urgent DESC, next.id
"""
_floors = Floors()


def form_parcel(*, destination: str, lease: timedelta) -> Parcel | None:
    """Return the next parcel of the destination, leased to the caller; None if nothing may go out now.

    Call it in a transaction that holds the destination's lock: two would not see each other's parcels.
    """
    parcel = _form(destination, lease)
    if parcel is None and _floors.forget():
        return _form(destination, lease)
    return parcel


def _form(destination: str, lease: timedelta) -> Parcel | None:
    for _ in range(2):  # the second time with what stands in the way of the urgent ones first
        have_moved = False
        for holding_id in _list_holdings(destination):
            chosen, in_the_way = _choose(holding_id)
            if chosen and (parcel := _make(destination, holding_id, chosen, lease)):
                return parcel
            have_moved |= bool(in_the_way and _hurry(in_the_way))
        if not have_moved:
            return None
    return None


def _list_holdings(destination: str) -> list[int]:
    """Return the holdings of which anything may go out, the one with the most urgent and oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLDINGS, [destination])
        holdings = [holding_id for (holding_id,) in cursor.fetchall()]
        floors = {holding_id: _floors.get(holding_id) for holding_id in holdings}
        least = [one.urgent for one in floors.values()], [one.slow for one in floors.values()]
        cursor.execute(_FIRST, [holdings, *least])
        found = cursor.fetchall()
    for holding_id, is_urgent, first in found:
        least_of = {"urgent": first if is_urgent else None, "slow": None if is_urgent else first}
        _floors.raise_to(holding_id, **least_of, looked_from=floors[holding_id])
    return [holding_id for holding_id, _, _ in found]


def _choose(holding_id: int) -> tuple[list[int], list[int]]:
    """Return whom the next parcel is for; and whom urgent ones, which must wait, wait for."""
    rows = _look(holding_id)
    free = [(pk, goes_alone) for pk, goes_alone, _, earlier in rows if not earlier]
    in_the_way = [pk for _, _, is_urgent, earlier in rows if is_urgent and earlier for pk in earlier]
    if free and free[0][1]:
        return [free[0][0]], in_the_way
    return [pk for pk, goes_alone in free if not goes_alone][:MOST_IN_A_PARCEL], in_the_way


def _look(holding_id: int) -> list[tuple[int, bool, bool, list[int] | None]]:
    """Return the first that wait: id, whether it goes alone, whether it is urgent, and whom it waits for."""
    floor = _floors.get(holding_id)
    asked = {"holding": holding_id, "urgent": floor.urgent, "slow": floor.slow, "limit": _LOOKED_AT}
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, asked)
        rows: list[tuple[int, bool, bool, list[int] | None]] = cursor.fetchall()
    urgent = min((pk for pk, _, is_urgent, _ in rows if is_urgent), default=None)
    slow = min((pk for pk, _, is_urgent, _ in rows if not is_urgent), default=None)
    _floors.raise_to(holding_id, urgent=urgent, slow=slow, looked_from=floor)
    return rows


def _make(destination: str, holding_id: int, chosen: list[int], lease: timedelta) -> Parcel | None:
    loose = Suppression.objects.filter(state=SuppressionState.WAITING, parcel__isnull=True)
    locked = loose.filter(pk__in=chosen).order_by("pk").select_for_update(skip_locked=True, of=("self",))
    ours = {pk: facts for pk, *facts in locked.values_list("pk", *FACTS)}
    if not ours:  # somebody ends them by hand just now
        return None
    parcel = Parcel.objects.create(
        destination=destination,
        holding_id=holding_id,
        state=ParcelState.WAITING,
        size=len(ours),
        attempts=1,
        leased_until=from_now(lease),
    )
    Suppression.objects.filter(pk__in=list(ours)).update(parcel=parcel)
    tell_formed(parcel, [tuple(facts) for facts in ours.values()])
    return parcel


def _hurry(in_the_way: list[int]) -> int:
    """Let those go first that urgent ones wait for, and return how many were not urgent yet."""
    slow = Suppression.objects.filter(pk__in=in_the_way, parcel__isnull=True, is_urgent=False)
    return slow.filter(state=SuppressionState.WAITING).update(is_urgent=True)
