"""Runs as one list: those that began, and orders that wait or ended before they began one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import F, Q, QuerySet

from activation.enforcement.models import EnforcementRun
from activation.enforcement.queries import RunNotFound, summarise_run
from activation.enforcement.standing.models import RunOrder
from activation.enforcement.standing.queries import get_orders_of, summarise_order
from activation.enforcement.standing.types import OrderSummary, WorkStatus
from activation.enforcement.types import RunStatus, RunSummary
from consent.kernel.errors import AccordantError

_SALT = "activation.enforcement.run-page"
STATUSES = (WorkStatus.QUEUED.value, *(status.value for status in RunStatus), WorkStatus.CANCELLED.value)

_Key = tuple[datetime, UUID]


class MalformedPageToken(AccordantError):
    """The text is no token that a page of runs answered with."""

    code = "malformed_page_token"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRun:
    """A run, an order, or both: an order that waits has no run yet, and many runs had no order."""

    run: RunSummary | None
    order: OrderSummary | None

    @property
    def status(self) -> str:
        """Where it stands; `cancelled` for a run that was stopped, which failed for that reason."""
        if self.order is not None and (self.run is None or self.order.status is WorkStatus.CANCELLED):
            return self.order.status.value
        return self.run.status.value if self.run else WorkStatus.FAILED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs to list. What is empty filters nothing."""

    status: str = ""
    purpose: str = ""
    destination: str = ""
    audience: str = ""
    started_after: datetime | None = None
    """For an order without a run: asked for after."""
    started_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class RunPage:
    """Some runs, the latest first, and the token of the next page; empty if this is the last."""

    runs: Sequence[ListedRun]
    next_page: str


def find_run(*, any_id: UUID) -> ListedRun:
    """Return the run, or the order, that has this id.

    :raises RunNotFound: if neither has.
    """
    order = RunOrder.objects.filter(Q(pk=any_id) | Q(run_id=any_id)).order_by("-asked_at", "pk").first()
    run = EnforcementRun.objects.filter(pk=order.run_id if order and order.run_id else any_id).first()
    if order is None and run is None:
        raise RunNotFound("no run has this id")
    return ListedRun(run=summarise_run(run) if run else None, order=summarise_order(order) if order else None)


def list_runs(*, asked: RunFilter, page: str = "", limit: int = 50) -> RunPage:
    """Return the next `limit` of the runs asked for, the latest first. `page` is the token of the one before.

    :raises MalformedPageToken: if no page answered with such a token.
    """
    after = _read_token(page)
    runs, orders = _filter_runs(asked), _filter_orders(asked)
    keys = merge(_keys(runs, "started_at", after, limit), _keys(orders, "asked_at", after, limit), key=_place)
    found = list(islice(keys, limit + 1))
    listed = _load([one_id for _, one_id in found[:limit]])
    return RunPage(listed, _write_token(found[limit - 1]) if len(found) > limit else "")


def _keys(rows: QuerySet[Any], moment: str, after: _Key | None, limit: int) -> list[_Key]:
    """Return the first keys behind `after` in the list's order: by time, the latest first, then by id."""
    rows = rows.annotate(moment=F(moment))
    if after is not None:
        rows = rows.filter(Q(moment__lt=after[0]) | Q(moment=after[0], pk__gt=after[1]))
    return list(rows.order_by("-moment", "pk").values_list("moment", "pk")[: limit + 1])


def _place(key: _Key) -> tuple[float, int]:
    return -key[0].timestamp(), key[1].int


def _filter_runs(asked: RunFilter) -> QuerySet[EnforcementRun]:
    rows = EnforcementRun.objects.filter(**_same_columns(asked), **_times("started_at", asked))
    if asked.audience:
        own = RunOrder.objects.filter(audience_slug=asked.audience, run_id__isnull=False)
        rows = rows.filter(pk__in=own.values("run_id"))
    if asked.status:
        stopped = RunOrder.objects.filter(status=WorkStatus.CANCELLED, run_id__isnull=False).values("run_id")
        is_stopped = Q(pk__in=stopped)
        if asked.status == WorkStatus.CANCELLED:
            return rows.filter(is_stopped)
        rows = rows.filter(status=asked.status).exclude(is_stopped)
    return rows


def _filter_orders(asked: RunFilter) -> QuerySet[RunOrder]:
    rows = RunOrder.objects.filter(**_same_columns(asked), **_times("asked_at", asked), run_id__isnull=True)
    if asked.audience:
        rows = rows.filter(audience_slug=asked.audience)
    return rows.filter(status=asked.status) if asked.status else rows


def _same_columns(asked: RunFilter) -> dict[str, str]:
    given = {"purpose": asked.purpose, "destination": asked.destination}
    return {name: value for name, value in given.items() if value}


def _times(column: str, asked: RunFilter) -> dict[str, datetime]:
    given = {f"{column}__gt": asked.started_after, f"{column}__lt": asked.started_before}
    return {name: moment for name, moment in given.items() if moment is not None}


def _load(ids: Sequence[UUID]) -> list[ListedRun]:
    runs = {run.pk: summarise_run(run) for run in EnforcementRun.objects.filter(pk__in=ids).order_by("pk")}
    orders = get_orders_of(run_ids=list(runs))
    waiting = {
        order.pk: summarise_order(order) for order in RunOrder.objects.filter(pk__in=ids).order_by("pk")
    }
    return [ListedRun(run=runs.get(one), order=orders.get(one) or waiting.get(one)) for one in ids]


def _write_token(key: _Key) -> str:
    return signing.Signer(salt=_SALT).sign_object([key[0].isoformat(), str(key[1])])


def _read_token(text: str) -> _Key | None:
    if not text:
        return None
    try:
        moment, one_id = signing.Signer(salt=_SALT).unsign_object(text)
        return datetime.fromisoformat(moment), UUID(one_id)
    except (signing.BadSignature, ValueError) as error:
        raise MalformedPageToken("send the token as the page before answered with it") from error
