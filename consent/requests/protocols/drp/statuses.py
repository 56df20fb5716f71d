"""Where a request stands, in the words of the protocol (section 3.02)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from consent.requests.models import ProtocolRequest, Request
from consent.requests.protocols import parts
from consent.requests.types import RefusalGround, RequestState

OPT_IN_DENIED = (
    "A yes is only recorded when the person gives it themselves, to a notice that they see: they can do so"
    " with the business at any time."
)
REASONS: Mapping[str, str] = {
    RefusalGround.NOT_VERIFIED: "insuf_verification",
    RefusalGround.NOT_BY_THE_PERSON: "insuf_verification",
    RefusalGround.NO_SUCH_RIGHT: "claim_not_covered",
    RefusalGround.LEGAL_EXEMPTION: "claim_not_covered",
    RefusalGround.RIGHTS_OF_OTHERS: "claim_not_covered",
    RefusalGround.MANIFESTLY_UNFOUNDED: "other",
    RefusalGround.EXCESSIVE: "too_many_requests",
    RefusalGround.SUSPECTED_FRAUD: "suspected_fraud",
    RefusalGround.NO_DATA: "no_match",
    RefusalGround.OVERRIDING_GROUNDS: "other",
    RefusalGround.OTHER: "other",
}
"""Ground of a refusal -> reason of `denied`."""


def tell_status(asked: ProtocolRequest) -> dict[str, Any]:
    """Return the status object of a request.

    :raises KeyUnreadable, KeysUnavailable: if the page to prove oneself on cannot be read now.
    """
    told: dict[str, Any] = {"request_id": str(asked.pk), "received_at": write_time(asked.received_at)}
    if asked.external_id:
        told["agent_request_id"] = asked.external_id
    if asked.request is None:
        return {**told, "status": "denied", "reason": "other", "processing_details": OPT_IN_DENIED}
    request = asked.request.joined_to or asked.request
    return {**told, **_tell_state(request, own=asked.request)}


def _tell_state(request: Request, *, own: Request) -> dict[str, Any]:
    state = RequestState(request.state)
    if state is RequestState.RECEIVED:
        return {"status": "open"}
    if state is RequestState.VERIFYING:
        return _tell_verifying(request, own)
    if state in {RequestState.IN_PROGRESS, RequestState.IN_REVIEW}:
        return {"status": "in_progress", **_tell_due(request)}
    return _tell_end(request, state)


def _tell_verifying(request: Request, own: Request) -> dict[str, Any]:
    url = parts.read(own).verification_url
    needed = {"reason": "need_user_verification", "user_verification_url": url} if url else {}
    return {"status": "in_progress", **needed, **_tell_due(request)}


def _tell_due(request: Request) -> dict[str, str]:
    told = {"expected_by": write_time(request.due_at)}
    if request.extended_at is not None:
        told["processing_details"] = "The period was extended, as the law lets a business do once."
    return told


def _tell_end(request: Request, state: RequestState) -> dict[str, Any]:
    if state is RequestState.REFUSED:
        return {"status": "denied", "reason": REASONS[request.ground], "processing_details": _SAID}
    if state is RequestState.EXPIRED:
        if request.verified_at is None:
            return {"status": "denied", "reason": "insuf_verification", "processing_details": _UNPROVEN}
        return {"status": "expired"}
    if state is RequestState.CANCELLED:
        return {"status": "revoked"}
    partly = state is RequestState.PARTLY_FULFILLED
    return {"status": "fulfilled", **({"processing_details": _PARTLY} if partly else {})}


_SAID = "The person was told why, and how to appeal."
_UNPROVEN = "Nobody showed in time that the request is the person's own."
_PARTLY = "A part of it could not be done: the person was told which, and why."


def write_time(at: datetime) -> str:
    """Return the time as the protocol writes it."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
