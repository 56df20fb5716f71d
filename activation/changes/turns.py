"""One turn: lease a subscription, hand over the next part of the ledger, and write how far it came.

No transaction is open while the receiver is waited for. What is written is written only if the lease was not
lost meanwhile; what was handed over and not written is handed over again, under the same ids.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from activation.changes.handing_over import HandedOver, hand_over
from activation.changes.models import Cursor, ParkedMessage, Replay, Subscription
from activation.changes.rules import advance
from activation.changes.sending import Outcome, Verdict
from activation.changes.types import Refusal, SubscriptionState, Turn
from activation.changes.windows import Window, read_window
from lineage.leases.claiming import back_off, claim, end, keep, put_off

Row = TypeVar("Row", bound=Cursor)

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)
"""Longer than a turn: `TURN_SECONDS`, and one message that is on its way then."""
TURN_SECONDS = 20.0
WINDOW = 500
"""How many entries of the consent stream one turn reads."""
TRIES = 3
"""After so many refusals a message is parked."""
_FIRST_REST, _LONGEST_REST = timedelta(seconds=1), timedelta(minutes=5)
_FIRST_RETRY, _LONGEST_RETRY = timedelta(seconds=5), timedelta(minutes=1)
_MOST_PATIENT = timedelta(hours=1)


def take_turn(*, slug: str, monotonic: Callable[[], float]) -> Turn:
    """Carry the subscription on by one window of what is new; `monotonic` counts seconds."""
    rows = Subscription.objects.active().filter(slug=slug).order_by("pk")
    taken = claim(rows, limit=1, lease=LEASE)
    if not taken:
        return Turn.IDLE
    Subscription.objects.filter(pk=taken[0].pk).update(woken_at=None)
    return _carry_on(taken[0], taken[0], until=None, monotonic=monotonic)


def take_replay_turn(*, slug: str, monotonic: Callable[[], float]) -> Turn:
    """Carry the subscription's oldest replay that is under way on by one window."""
    rows = Replay.objects.under_way().filter(
        subscription__slug=slug, subscription__state=SubscriptionState.ACTIVE
    )
    taken = claim(rows.select_related("subscription").order_by("pk"), limit=1, lease=LEASE)
    if not taken:
        return Turn.IDLE
    return _carry_on(taken[0], taken[0].subscription, until=taken[0].until, monotonic=monotonic)


def _carry_on(
    row: Subscription | Replay,
    subscription: Subscription,
    *,
    until: int | None,
    monotonic: Callable[[], float],
) -> Turn:
    try:
        return _hand_window_over(row, subscription, until=until, monotonic=monotonic)
    except Exception as error:  # noqa: BLE001 - whatever it is: it is shown, and holds up nobody else
        name = type(error).__name__  # not its words: they may hold what people said
        logger.error("a turn of subscription %s failed with %s", subscription.slug, name)  # noqa: TRY400
        delay = back_off(row.failures + 1, first=_FIRST_REST, longest=_LONGEST_REST)
        told = f"a fault of the service's own ({name}): see its log"
        put_off(row, error=told, delay=delay, failures=row.failures + 1)
        return Turn.PUT_OFF


def _hand_window_over(
    row: Subscription | Replay,
    subscription: Subscription,
    *,
    until: int | None,
    monotonic: Callable[[], float],
) -> Turn:
    window = read_window(begin=row.position, until=until, purposes=subscription.purposes, limit=WINDOW)
    waiting = [one for one in window.changes if one.index not in row.ahead]
    ends_at = monotonic() + TURN_SECONDS
    result = hand_over(
        subscription,
        waiting,
        index=window.end - 1,
        is_over=lambda: monotonic() > ends_at,
        keep=lambda: keep(row, lease=LEASE),
    )
    if result is None:
        return Turn.FENCED
    with transaction.atomic():
        return _write(row, subscription, window, result)


def _write(
    row: Subscription | Replay, subscription: Subscription, window: Window, result: HandedOver
) -> Turn:
    """Write how far the row came, and what else is to be known; nothing if another worker has taken over."""
    parked = _count_refusals(subscription, result.refused)
    done = {*row.ahead, *result.taken, *(one.index for one in result.refused if parked[one.event_id])}
    position, ahead = advance((one.index for one in window.changes), done=done, end=window.end)
    written: dict[str, Any] = {"position": position, "ahead": ahead}
    if result.taken:
        written["taken_at"] = Now()
    if isinstance(row, Replay) and position >= row.until:
        written["ended_at"] = Now()
    if isinstance(row, Subscription) and result.offsets:
        written["offsets"] = row.offsets | result.offsets
    turn = _give_back(row, window, result, written, still=not all(parked.values()))
    if turn is Turn.FENCED:
        return turn
    _note_refusals(subscription, result.refused, parked)
    _note_taken(subscription, window, result)
    if turn is Turn.ENDED:
        _disable(subscription, result.trouble)
    return turn


def _give_back(
    row: Cursor, window: Window, result: HandedOver, written: Mapping[str, Any], *, still: bool
) -> Turn:
    """End the lease with what is written; `still` tells whether a refused message is to be tried again."""
    trouble = result.trouble
    if trouble is not None:
        failures = 1 if result.taken else row.failures + 1
        turn = Turn.ENDED if trouble.verdict is Verdict.GONE else Turn.PUT_OFF
        delay = _rest(trouble, failures)
        is_ours = put_off(row, error=trouble.error, delay=delay, failures=failures, **written)
    elif still:
        turn = Turn.PUT_OFF
        error = next(one.error for one in result.refused)
        tries = back_off(row.failures + 1, first=_FIRST_RETRY, longest=_LONGEST_RETRY)
        is_ours = put_off(row, error=error, delay=tries, **written)
    else:
        is_through = window.is_last and written["position"] >= window.end
        turn = Turn.AT_END if is_through else Turn.MORE
        is_ours = end(row, failures=0, last_error="", **written)
    return turn if is_ours else Turn.FENCED


def _rest(trouble: Outcome, failures: int) -> timedelta:
    own = back_off(failures, first=_FIRST_REST, longest=_LONGEST_REST)
    return max(own, min(timedelta(seconds=trouble.wait), _MOST_PATIENT))


def _count_refusals(subscription: Subscription, refused: list[Refusal]) -> dict[str, bool]:
    """Return, for each event refused now, whether that parks it."""
    rows = ParkedMessage.objects.filter(
        subscription=subscription, event_id__in=[one.event_id for one in refused]
    )
    tries = dict(rows.order_by("pk").values_list("event_id", "tries"))
    return {one.event_id: tries.get(one.event_id, 0) + 1 >= TRIES for one in refused}


def _note_refusals(subscription: Subscription, refused: list[Refusal], parked: Mapping[str, bool]) -> None:
    for one in refused:
        told = {"status": one.status, "error": one.error, "taken_at": None}
        row, _ = ParkedMessage.objects.get_or_create(
            subscription=subscription, event_id=one.event_id, defaults={**told, "index": one.index}
        )
        ParkedMessage.objects.filter(pk=row.pk).update(
            **told, tries=F("tries") + 1, parked_at=Now() if parked[one.event_id] else None
        )


def _note_taken(subscription: Subscription, window: Window, result: HandedOver) -> None:
    """What was refused before and is taken now waits for nobody any more."""
    ids = [one.event_id for one in window.changes if one.index in result.taken]
    open_ones = ParkedMessage.objects.filter(subscription=subscription, taken_at__isnull=True)
    open_ones.filter(event_id__in=ids).update(taken_at=Now())


def _disable(subscription: Subscription, trouble: Outcome | None) -> None:
    Subscription.objects.filter(pk=subscription.pk).update(
        state=SubscriptionState.DISABLED, reason=trouble.error if trouble else ""
    )
