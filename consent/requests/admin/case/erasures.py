"""An erasure on its request's page: what it would do, and what was signed at its end."""

from collections.abc import Mapping
from typing import Any

from consent.requests.admin.case.acts.erasing import tell_plan
from consent.requests.admin.words import at_utc
from consent.requests.models import Certificate, Request
from consent.requests.types import RequestState, RequestType

ENDINGS = ("pdf", "html", "json")


def describe_plan(case: Request) -> list[str]:
    """Return what approving the erasure would do, in sentences; nothing where there is none to approve."""
    is_open = case.type == RequestType.ERASURE and case.state == RequestState.IN_PROGRESS
    if not is_open or case.approved_at is not None or case.content_destroyed_at is not None:
        return []
    return list(tell_plan(case))


def describe_certificate(case: Request) -> Mapping[str, Any] | None:
    """Return what was signed, and in which forms it is handed out; None if nothing was."""
    row = Certificate.objects.filter(request=case).only("issued_at", "digest").order_by("pk").first()
    if row is None:
        return None
    return {"issued": at_utc(row.issued_at), "digest": row.digest, "endings": ENDINGS}
