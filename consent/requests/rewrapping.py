"""Bringing what requests seal under the newest keys, before older ones are taken away."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from consent.keys import queries as key_queries
from consent.keys import services as keys
from consent.requests.intake.contents import read_claims, read_proven
from consent.requests.models import Request, RequestPerson, System
from consent.requests.moving import lock_request
from consent.requests.people import index_person

_AT_ONCE = 500


def rewrap_keys() -> int:
    """Wrap the data keys of requests and the secrets of systems under the newest master key; return how many.

    Each batch is committed by itself: run again, it goes on where it stopped.

    :raises KeyUnreadable: if one does not open: its master key is missing.
    :raises KeysUnavailable: if the wrapper cannot be asked now.
    """
    newest = key_queries.get_newest_version()
    return _all(lambda: _rewrap(Request.objects.all(), newest)) + _all(
        lambda: _rewrap(System.objects.all(), newest)
    )


def reindex_people() -> int:
    """Have requests be found under the newest identifier key, and return how many were not.

    Rows under versions that are no longer configured go.

    :raises KeyUnreadable, KeysUnavailable: if what a request holds cannot be read.
    """
    done = _all(_reindex)
    RequestPerson.objects.exclude(key_version__in=list(settings.IDENTIFIER_KEYS)).delete()
    return done


def _all(do_some: Callable[[], int]) -> int:
    total = 0
    while done := do_some():
        total += done
    return total


@transaction.atomic
def _rewrap(holders: "QuerySet[Request] | QuerySet[System]", newest: int) -> int:
    older = holders.filter(kek_version__gt=0, kek_version__lt=newest).order_by("pk")
    rows: list[Any] = list(older.select_for_update(of=("self",))[:_AT_ONCE])
    for row in rows:
        sealed = keys.rewrap_secret(row.as_sealed(), name=row.key_name)
        holders.filter(pk=row.pk).update(kek_version=sealed.version, wrapped=sealed.wrapped)
    return len(rows)


def _reindex() -> int:
    newest = max(settings.IDENTIFIER_KEYS)
    mine = RequestPerson.objects.filter(request=OuterRef("pk"))
    lacking = Request.objects.filter(
        Exists(mine), ~Exists(mine.filter(key_version=newest)), kek_version__gt=0
    )
    ids = list(lacking.order_by("pk").values_list("pk", flat=True)[:_AT_ONCE])
    for request_id in ids:
        _reindex_one(request_id)
    return len(ids)


@transaction.atomic
def _reindex_one(request_id: UUID) -> None:
    request = lock_request(request_id)
    index_person(request, read_claims(request).identifiers)
    index_person(request, read_proven(request), is_proven=True)
