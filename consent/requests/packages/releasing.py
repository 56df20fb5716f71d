"""Releasing an access package, taking it back, and destroying it when its time is over."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from consent.requests import vault
from consent.requests.mails.queueing import queue_mail
from consent.requests.models import Link, Package, Request
from consent.requests.moving import lock_request, move, save
from consent.requests.packages.reading import check_whole
from consent.requests.packages.storing import part_name
from consent.requests.packages.types import NoProvenContact, PackageNotFound
from consent.requests.timeline import tell
from consent.requests.types import (
    Actor,
    EventKind,
    LinkPurpose,
    MailTemplate,
    NotPossible,
    PackageState,
    RequestState,
    StepAction,
    StepState,
)
from consent.requests.verification.contacts import find_proven_contact

LIFETIME = timedelta(days=14)
_INCOMPLETE = (StepState.PARTLY_DONE, StepState.SKIPPED)


@transaction.atomic
def release(
    package_id: UUID,
    *,
    officer_id: int,
    version: int,
    at: datetime,
    lifetime: timedelta = LIFETIME,
    by_hand: bool = False,
) -> Package:
    """Let the person take the package for `lifetime`, and end the request.

    A link goes to the contact that they proved, and nowhere else. `by_hand`: no link; an officer hands it
    over, as to somebody who showed a document.

    :raises PackageNotFound: if there is no such package.
    :raises NoProvenContact: if no contact was proven, unless `by_hand`.
    :raises PackageNotWhole: if what is stored is not what was built.
    :raises ChangedMeanwhile: if the request is not at `version` any more.
    :raises NotPossible: if the package is not ready, or the request not in review or not verified.
    """
    request, package = _lock(package_id, version)
    if package.state != PackageState.READY or request.state != RequestState.IN_REVIEW:
        raise NotPossible("only a package that is ready can be released, of a request that is in review")
    if request.verified_at is None:
        raise NotPossible("nobody has shown that this request is the person's own")
    check_whole(package, request, vault.open_key(request))
    package.state, package.released_at, package.expires_at = PackageState.RELEASED, at, at + lifetime
    package.released_by_id = officer_id
    package.save(update_fields=["state", "released_at", "expires_at", "released_by"])
    if not by_hand:
        _have_link_sent(request, at + lifetime)
    detail = {
        "package": str(package.pk),
        "expires_at": package.expires_at.isoformat(),
        "by_hand": by_hand,
    }
    tell(request, EventKind.PACKAGE_RELEASED, actor=Actor.OFFICER, officer_id=officer_id, detail=detail)
    _end_request(request, officer_id)
    return package


@transaction.atomic
def withdraw(package_id: UUID, *, officer_id: int, version: int, at: datetime) -> None:
    """Take a released package back: it is destroyed, and its link leads nowhere.

    :raises PackageNotFound: if there is no such package.
    :raises ChangedMeanwhile: if the request is not at `version` any more.
    :raises NotPossible: if it is not released.
    """
    request, package = _lock(package_id, version)
    if package.state != PackageState.RELEASED:
        raise NotPossible("only a package that is released can be taken back")
    _destroy(request, package, at)
    tell(
        request,
        EventKind.PACKAGE_WITHDRAWN,
        actor=Actor.OFFICER,
        officer_id=officer_id,
        detail={"package": str(package.pk)},
    )
    save(request)


def expire_packages(*, at: datetime, limit: int = 100) -> int:
    """Destroy up to `limit` released packages whose time is over, and return how many. Safe to run twice."""
    over = Package.objects.filter(state=PackageState.RELEASED, expires_at__lte=at).order_by(
        "expires_at", "pk"
    )
    return sum(_expire(package_id, at) for package_id in over.values_list("pk", flat=True)[:limit])


@transaction.atomic
def _expire(package_id: UUID, at: datetime) -> bool:
    request, package = _lock(package_id, None)
    if package.state != PackageState.RELEASED or package.expires_at is None or package.expires_at > at:
        return False
    _destroy(request, package, at)
    tell(
        request,
        EventKind.PACKAGE_WITHDRAWN,
        actor=Actor.SYSTEM,
        ground="expired",
        detail={"package": str(package.pk)},
    )
    save(request)
    return True


def _lock(package_id: UUID, version: int | None) -> tuple[Request, Package]:
    """Return the request and its package, locked in this order, as everybody does who needs both."""
    request_id = Package.objects.filter(pk=package_id).values_list("request_id", flat=True).first()
    if request_id is None:
        raise PackageNotFound("there is no such package")
    request = lock_request(request_id, version=version)
    return request, Package.objects.select_for_update(of=("self",)).get(pk=package_id)


def _have_link_sent(request: Request, until: datetime) -> None:
    """Have the person written to; the link is made when the mail is, and is nowhere else."""
    contact = find_proven_contact(request)
    if contact is None:
        raise NoProvenContact("the person proved no contact: hand the package over another way")
    context = {"link_until": until.isoformat()}
    queue_mail(request, MailTemplate.PACKAGE_READY, to=contact.value, context=context, by_sms=contact.is_sms)


def _end_request(request: Request, officer_id: int) -> None:
    """Have the request end: in part only, if a system could not hand over all."""
    steps = request.steps.filter(action=StepAction.COLLECT, state__in=_INCOMPLETE)
    to, kind = RequestState.FULFILLED, EventKind.FULFILLED
    if steps.exists():
        to, kind = RequestState.PARTLY_FULFILLED, EventKind.PARTLY_FULFILLED
    move(request, to, kind=kind, actor=Actor.OFFICER, officer_id=officer_id)


def _destroy(request: Request, package: Package, at: datetime) -> None:
    vault.clear(request, part_name(package))
    Package.objects.filter(pk=package.pk).update(state=PackageState.DESTROYED, parts=0)
    links = Link.objects.filter(request=request, purpose=LinkPurpose.PACKAGE, revoked_at__isnull=True)
    links.update(revoked_at=at)
