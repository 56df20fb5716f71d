"""Writes to the register of recipients. Each is a ledger event too, so that a replay knows it."""

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction

from activation.destinations.connecting import (
    connect_destination,
    disconnect_destination,
    rewrap_credentials,
    rotate_credentials,
)
from activation.destinations.models import Destination, DestinationStatus
from activation.destinations.recording import append_event, check_reason, lock_destination
from activation.destinations.types import (
    DEFAULT_RESOURCE_TYPE,
    DestinationKind,
    DestinationNotRegistered,
    MalformedDestination,
    ReasonMissing,
    StatusChange,
    is_slug,
)
from activation.destinations.vendors import VendorUnchanged, change_vendor, check_terms, tell_terms
from consent.kernel.errors import AccordantError
from consent.ledger.types import rfc3339

__all__ = [
    "DestinationAlreadyRegistered",
    "DestinationNotRegistered",
    "MalformedDestination",
    "ReasonMissing",
    "StatusUnchanged",
    "VendorUnchanged",
    "change_vendor",
    "connect_destination",
    "disconnect_destination",
    "register_destination",
    "resume_destination",
    "rewrap_credentials",
    "rotate_credentials",
    "suspend_destination",
]

_LONGEST_TITLE = 200


class DestinationAlreadyRegistered(AccordantError):
    """The slug is taken."""

    code = "destination_already_registered"
    status = 409


class StatusUnchanged(AccordantError):
    """The destination already is what it should become, or changed later than the time given."""

    code = "destination_status_unchanged"
    status = 409


@transaction.atomic
def register_destination(
    *,
    slug: str,
    kind: DestinationKind,
    title: str,
    registered_by: str,
    at: datetime,
    resource_type: str = DEFAULT_RESOURCE_TYPE,
    tcf_vendor: int | None = None,
    tcf_purposes: Collection[int] = (),
) -> None:
    """Register a recipient from `at` on. What it may get is the policy's to say.

    `tcf_vendor`: its number in the Global Vendor List. Then a person's data leaves for it only if their TC
    string lets that vendor pursue each of `tcf_purposes`, besides all that the policy asks.

    :raises MalformedDestination: if the slug, the title or the resource type is none, or a vendor comes
        without purposes, or purposes without a vendor.
    :raises DestinationAlreadyRegistered: if the slug is taken.
    """
    _check_form(slug, title, resource_type)
    purposes = check_terms(tcf_vendor, tcf_purposes)
    try:
        with transaction.atomic():
            Destination.objects.create(
                slug=slug,
                kind=kind,
                title=title.strip(),
                resource_type=resource_type,
                tcf_vendor=tcf_vendor,
                tcf_purposes=purposes,
                registered_at=at,
                registered_by=registered_by,
            )
    except IntegrityError as error:
        raise DestinationAlreadyRegistered(f"{slug} is registered already") from error
    body = {
        "destination": slug,
        "kind": kind.value,
        "title": title.strip(),
        "resource_type": resource_type,
        "registered_by": registered_by,
    }
    told = {**body, **tell_terms(tcf_vendor, purposes), "registered_at": rfc3339(at)}
    append_event("destination_registered", told)


def _check_form(slug: str, title: str, resource_type: str) -> None:
    if not (is_slug(slug) and is_slug(resource_type) and 1 <= len(title.strip()) <= _LONGEST_TITLE):
        raise MalformedDestination(
            "a slug and a resource type are 1 to 64 lower-case letters, digits, '_' and '-', the first a"
            f" letter; a title has 1 to {_LONGEST_TITLE} characters"
        )


def suspend_destination(*, slug: str, reason: str, changed_by: str, at: datetime) -> None:
    """Give the destination nothing from `at` on, until it is resumed.

    :raises DestinationNotRegistered: if there is none; :raises ReasonMissing: without a reason.
    :raises StatusUnchanged: if it is suspended already.
    """
    _change(slug=slug, change=StatusChange.SUSPENDED, reason=reason, changed_by=changed_by, at=at)


def resume_destination(*, slug: str, reason: str, changed_by: str, at: datetime) -> None:
    """End the destination's suspension at `at`.

    :raises DestinationNotRegistered: if there is none; :raises ReasonMissing: without a reason.
    :raises StatusUnchanged: if it is not suspended.
    """
    _change(slug=slug, change=StatusChange.RESUMED, reason=reason, changed_by=changed_by, at=at)


@transaction.atomic
def _change(*, slug: str, change: StatusChange, reason: str, changed_by: str, at: datetime) -> None:
    check_reason(reason)
    destination = lock_destination(slug)
    _check_follows(destination, change, at)
    DestinationStatus.objects.create(
        destination=destination, change=change, reason=reason.strip(), changed_at=at, changed_by=changed_by
    )
    body = {"destination": slug, "reason": reason.strip(), "changed_by": changed_by}
    append_event(f"destination_{change}", {**body, "changed_at": rfc3339(at)})


def _check_follows(destination: Destination, change: StatusChange, at: datetime) -> None:
    last = destination.statuses.order_by("changed_at", "pk").last()
    current = StatusChange(last.change) if last else StatusChange.RESUMED
    if current is change:
        raise StatusUnchanged(
            f"{destination.slug} is {'not ' * (change is StatusChange.RESUMED)}suspended already"
        )
    if at <= (last.changed_at if last else destination.registered_at):
        raise StatusUnchanged(f"{destination.slug} was changed at or after that time already")
