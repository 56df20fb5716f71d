"""Who sees to a request."""

from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.db.models import Q, QuerySet

from consent.requests.moving import lock_request, save
from consent.requests.timeline import tell
from consent.requests.types import Actor, EventKind, NotPossible

HANDLE = "consent_requests.handle_requests"


@transaction.atomic
def assign(*, request_id: UUID, assignee_id: int | None, officer_id: int, version: int) -> None:
    """Have one officer see to the request from now on; None: nobody in particular.

    :raises NotPossible: if it is closed, or that officer may not handle requests.
    :raises RequestNotFound, ChangedMeanwhile: if it is not there, or not at `version` any more.
    """
    request = lock_request(request_id, version=version)
    if request.is_closed:
        raise NotPossible("this request is closed: nobody has to see to it any more")
    if assignee_id is not None and not list_officers().filter(pk=assignee_id).exists():
        raise NotPossible("that officer may not handle requests")
    request.assigned_to_id = assignee_id
    tell(
        request,
        EventKind.ASSIGNED,
        actor=Actor.OFFICER,
        officer_id=officer_id,
        detail={"to": assignee_id},
    )
    save(request, "assigned_to")


def list_officers() -> QuerySet[User]:
    """Return who may be given requests: active staff who may handle them, by name."""
    app, _, codename = HANDLE.partition(".")
    may = Permission.objects.filter(codename=codename, content_type__app_label=app)
    officers = get_user_model().objects.filter(
        Q(user_permissions__in=may) | Q(groups__permissions__in=may) | Q(is_superuser=True),
        is_active=True,
        is_staff=True,
    )
    return officers.distinct().order_by("username", "pk")
