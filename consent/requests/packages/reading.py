"""Handing a package out: looked through first, written down, counted, and read part by part."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction

from consent.keys.types import KeyUnreadable
from consent.ledger.queries import get_time
from consent.requests import vault
from consent.requests.models import Download, Package, Request
from consent.requests.moving import lock_request
from consent.requests.packages.storing import part_name
from consent.requests.packages.types import (
    OfficerNotPermitted,
    PackageGone,
    PackageNotFound,
    PackageNotWhole,
    TooManyDownloads,
)
from consent.requests.timeline import tell
from consent.requests.types import Actor, EventKind, PackageState

MAX_DOWNLOADS = 20
"""How often the person may take one package. An officer's downloads are not counted, but written down."""


def find_package(request_id: UUID) -> Package | None:
    """Return the request's newest package, None if none was begun."""
    return Package.objects.filter(request_id=request_id).order_by("-created_at", "pk").first()


def open_released(request: Request, *, at: datetime) -> Package:
    """Return the package that the request's person may take at `at`.

    :raises PackageGone: if there was one, and its time is over or it was withdrawn.
    :raises PackageNotFound: if none was ever released.
    """
    released = Package.objects.filter(request=request, released_at__isnull=False)
    package = released.order_by("-released_at", "pk").first()
    if package is None:
        raise PackageNotFound("there is no package to be taken")
    if package.state != PackageState.RELEASED or package.expires_at is None or package.expires_at <= at:
        raise PackageGone("the time in which this package could be taken is over")
    return package


def stream_package(package: Package, *, officer_id: int | None = None) -> Iterator[bytes]:
    """Return the package's bytes, in pieces. It is written down, before the first of them, who took it.

    The person takes what is released. An officer who may read what was found takes what is ready, too.

    :raises OfficerNotPermitted: if the officer may not.
    :raises PackageGone: if it may not be taken now. :raises TooManyDownloads: if it was taken too often.
    :raises PackageNotWhole: if what is stored is not what was built.
    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable: if what the request held cannot be read.
    """
    if officer_id is not None:
        check_may_read(officer_id)
    request = Request.objects.get(pk=package.request_id)
    kept, key = Package.objects.get(pk=package.pk), vault.open_key(request)
    _check_open(kept, officer_id, at=get_time())
    check_whole(kept, request, key)
    _note_download(kept, officer_id)
    return _read_parts(kept, request, key)


def count_downloads(package: Package) -> int:
    """Return how often the person took the package."""
    return Download.objects.filter(package=package, by_officer__isnull=True).count()


def check_may_read(officer_id: int) -> None:
    """Return if the officer may read what was found about people.

    :raises OfficerNotPermitted: if not.
    """
    officer = get_user_model().objects.filter(pk=officer_id, is_active=True).first()
    if officer is None or not officer.has_perm("consent_requests.read_request_content"):
        raise OfficerNotPermitted("you may not read what was found about people")


def check_whole(package: Package, request: Request, key: bytes) -> None:
    """Go through all parts before the first is handed out: half a package is worse than none.

    :raises PackageNotWhole: if what is stored is not what was built.
    """
    found = hashlib.sha256()
    try:
        for content in _read_parts(package, request, key):
            found.update(content)
    except KeyUnreadable:
        raise PackageNotWhole("a part of this package is missing, or was changed") from None
    if f"sha256:{found.hexdigest()}" != package.digest:
        raise PackageNotWhole("this package is not what was built")


@transaction.atomic
def _note_download(package: Package, officer_id: int | None) -> None:
    request = lock_request(package.request_id)  # two downloads at once are counted one after the other
    at = get_time()
    kept = Package.objects.get(pk=package.pk)
    _check_open(kept, officer_id, at=at)
    if officer_id is None and count_downloads(kept) >= MAX_DOWNLOADS:
        raise TooManyDownloads("this package was taken as often as it may be: ask for it again")
    Download.objects.create(package=kept, at=at, by_officer_id=officer_id)
    actor = Actor.PERSON if officer_id is None else Actor.OFFICER
    detail = {"package": str(kept.pk)}
    tell(request, EventKind.DOWNLOADED, actor=actor, officer_id=officer_id, detail=detail)


def _check_open(kept: Package, officer_id: int | None, *, at: datetime) -> None:
    is_released = kept.state == PackageState.RELEASED and kept.expires_at is not None and at < kept.expires_at
    if not is_released and (officer_id is None or kept.state != PackageState.READY):
        raise PackageGone("the time in which this package could be taken is over")


def _read_parts(package: Package, request: Request, key: bytes) -> Iterator[bytes]:
    return vault.read_parts(request, key, part_name(package), parts=package.parts)
