"""Building access packages: begun with the request's step, carried out by a worker that may die at any time.

A worker claims the package with a lease, goes through what the steps collected, and writes sealed parts. One
that takes over from a dead one begins anew: what is half written is removed first.
"""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import F
from django.db.models.functions import Now

from consent.keys.types import KeysUnavailable, KeyUnreadable
from consent.ledger.queries import get_time
from consent.ledger.services import KeyNotHandedOver
from consent.requests import vault
from consent.requests.models import Package, Request
from consent.requests.moving import lock_request, move, save
from consent.requests.packages.composing import write_contents
from consent.requests.packages.contents import Contents, gather
from consent.requests.packages.storing import LEASE, PackageSink, part_name
from consent.requests.packages.types import BuildTaken, RedactionsOutdated, RowsUnreadable
from consent.requests.timeline import tell
from consent.requests.types import (
    Actor,
    ContentDestroyed,
    EventKind,
    NotPossible,
    PackageState,
    RequestState,
)
from consent.subjects.queries import SubjectStateUnreadable
from lineage.leases import claiming
from lineage.leases.waking import wake

BUILD_TASK = "requests.build_packages"
_log = logging.getLogger(__name__)

_NOT_RELEASED = (PackageState.BUILDING, PackageState.READY, PackageState.FAILED)
_MOST_FAILURES = 8
_FIRST_DELAY, _LONGEST_DELAY = timedelta(seconds=10), timedelta(minutes=10)
_FOR_GOOD = (ContentDestroyed, KeyUnreadable, RedactionsOutdated, RowsUnreadable, SubjectStateUnreadable)
"""Trying again would not help: an officer has to look."""


def begin_package(request: Request) -> Package:
    """Have a package put together for a locked request, in the caller's transaction, and return it.

    One that is being put together already is returned as it is.
    """
    building = Package.objects.filter(request=request, state=PackageState.BUILDING)
    package = building.order_by("-created_at", "pk").first()
    if package is None:
        package = Package.objects.create(request=request, created_at=get_time())
        transaction.on_commit(lambda: wake(BUILD_TASK, package_id=str(package.pk)))
    return package


def build_again(request: Request) -> None:
    """Have what is not released yet put together anew, in the caller's transaction, the request being locked.

    A worker that is at it loses it. The schedule finds it: whoever withholds one thing withholds another.
    """
    for package in request.packages.filter(state__in=_NOT_RELEASED).order_by("pk"):
        vault.clear(request, part_name(package))
        Package.objects.filter(pk=package.pk).update(
            state=PackageState.BUILDING,
            attempts=F("attempts") + 1,
            leased_until=None,
            next_attempt_at=None,
            last_error="",
            failures=0,
            rows_done=0,
            rows_total=0,
            parts=0,
            size=0,
            digest="",
            built_at=None,
        )


@transaction.atomic
def retry_package(request_id: UUID, *, officer_id: int, version: int) -> None:
    """Have an officer's request's package put together once more, as after a failure.

    :raises ChangedMeanwhile: if the request is not at `version` any more.
    :raises NotPossible: if there is nothing to put together.
    """
    request = lock_request(request_id, version=version)
    if request.is_closed or not request.packages.filter(state__in=_NOT_RELEASED).exists():
        raise NotPossible("there is no package to put together")
    build_again(request)
    tell(
        request,
        EventKind.STEP_RETRIED,
        actor=Actor.OFFICER,
        officer_id=officer_id,
        detail={"what": "package"},
    )
    save(request)
    transaction.on_commit(lambda: wake(BUILD_TASK))


def list_building(*, limit: int = 100) -> list[UUID]:
    """Return the packages that wait for a worker, those that waited longest first."""
    waiting = Package.objects.filter(state=PackageState.BUILDING).due()
    return list(waiting.order_by("next_attempt_at", "pk").values_list("pk", flat=True)[:limit])


def build_package(package_id: UUID) -> bool:
    """Put one package together, if it waits for that, and return whether it is ready now.

    Safe to call twice, at the same time, and to kill. Call it outside of any transaction.
    """
    waiting = Package.objects.filter(pk=package_id, state=PackageState.BUILDING).order_by("pk")
    for package in claiming.claim(waiting, limit=1, lease=LEASE):
        try:
            return _build(package)
        except BuildTaken:
            return False
        except _FOR_GOOD as error:
            claiming.end(
                package, state=PackageState.FAILED, last_error=str(error), failures=F("failures") + 1
            )
        except (KeyNotHandedOver, KeysUnavailable, DatabaseError) as error:
            _try_later(package, error)
        except Exception as error:  # noqa: BLE001 - one package must not stop the others, nor go round for ever
            _log.error("package %s: %s", package.pk, type(error).__name__)
            _try_later(package, error)
    return False


def _try_later(package: Package, error: Exception) -> None:
    """Put the package off; after some failures in a row, until an officer has it tried again."""
    failures = package.failures + 1
    told = type(error).__name__  # what a database says may hold a value
    if failures >= _MOST_FAILURES:
        claiming.end(package, state=PackageState.FAILED, last_error=told, failures=failures)
        return
    delay = claiming.back_off(failures, first=_FIRST_DELAY, longest=_LONGEST_DELAY)
    claiming.put_off(package, error=told, delay=delay, failures=failures)


def _build(package: Package) -> bool:
    request = Request.objects.get(pk=package.request_id)
    key = vault.open_key(request)
    contents = gather(request, key, package)
    sink = PackageSink(package, key)
    sink.start(rows_total=contents.rows)
    write_contents(contents, sink)
    sink.end()
    return _finish(package, contents, sink)


@transaction.atomic
def _finish(package: Package, contents: Contents, sink: PackageSink) -> bool:
    """Mark the package as ready, and lead the request to review. One whose request is closed is destroyed."""
    request = lock_request(package.request_id)
    is_wanted = request.state in {RequestState.IN_PROGRESS, RequestState.IN_REVIEW}
    is_ours = claiming.end(
        package,
        state=PackageState.READY if is_wanted else PackageState.DESTROYED,
        parts=sink.parts if is_wanted else 0,
        size=sink.size,
        digest=sink.digest,
        rows_done=F("rows_total"),
        built_at=Now(),
        last_error="",
    )
    if not is_ours:
        raise BuildTaken("another worker has this package, or it is not wanted any more")
    if not is_wanted:
        vault.clear(request, part_name(package))
        return False
    detail = {"package": str(package.pk), "size": sink.size, **contents.counts}
    tell(request, EventKind.PACKAGE_BUILT, actor=Actor.SYSTEM, detail=detail)
    if request.state == RequestState.IN_PROGRESS:
        move(request, RequestState.IN_REVIEW, kind=EventKind.IN_REVIEW, actor=Actor.SYSTEM)
    else:
        save(request)
    return True
