"""Where a request stands, in the words of OpenDSR (section 8)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from consent.requests.models import ProtocolRequest, Request
from consent.requests.protocols.drp.statuses import write_time
from consent.requests.types import RequestState

VERSION = "2.0"
STATUSES: Mapping[RequestState, str] = {
    RequestState.RECEIVED: "pending",
    RequestState.VERIFYING: "pending",
    RequestState.IN_PROGRESS: "in_progress",
    RequestState.IN_REVIEW: "in_progress",
    RequestState.FULFILLED: "completed",
    RequestState.PARTLY_FULFILLED: "completed",
    RequestState.REFUSED: "cancelled",
    RequestState.EXPIRED: "cancelled",
    RequestState.CANCELLED: "cancelled",
}
"""Our state -> theirs. The protocol has no word for a refusal."""


def tell_status(asked: ProtocolRequest) -> dict[str, Any]:
    """Return the status of a request."""
    own = _own(asked)
    request = own.joined_to or own
    return {
        "controller_id": own.controller,
        "expected_completion_time": write_time(request.due_at),
        "subject_request_id": asked.external_id,
        "request_status": STATUSES[RequestState(request.state)],
        "api_version": VERSION,
    }


def tell_callback(asked: ProtocolRequest, *, url: str) -> dict[str, Any]:
    """Return what an address is told."""
    return {**tell_status(asked), "status_callback_url": url}


def tell_created(asked: ProtocolRequest, *, encoded: str) -> dict[str, Any]:
    """Return that a request was taken."""
    own = _own(asked)
    return {
        "controller_id": own.controller,
        "expected_completion_time": write_time(own.due_at),
        "received_time": write_time(asked.received_at),
        "encoded_request": encoded,
        "subject_request_id": asked.external_id,
    }


def tell_cancelled(asked: ProtocolRequest, *, at: datetime) -> dict[str, Any]:
    """Return that a request was cancelled."""
    return {
        "controller_id": _own(asked).controller,
        "subject_request_id": asked.external_id,
        "received_time": write_time(at),
        "api_version": VERSION,
    }


def _own(asked: ProtocolRequest) -> Request:
    assert asked.request is not None  # noqa: S101 - each of this protocol has one
    return asked.request
