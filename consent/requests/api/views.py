"""Addresses under which requests are made, proven, followed and taken back."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED
from rest_framework.views import APIView

from consent.kernel.errors import AccordantError
from consent.records.api.parsers import StrictJsonParser
from consent.records.services import answer_once
from consent.requests import listing, queries, services
from consent.requests.api.serializers import (
    ExplainedRequestSerializer,
    NewRequestSerializer,
    RequestPageSerializer,
    RequestSerializer,
    RequestsQuery,
    VerificationAnswerSerializer,
    VerificationSerializer,
)
from consent.requests.services import CodeCheck
from consent.requests.types import Actor, Channel, NewRequest, RequestState, RequestType
from consent.subjects.types import Identifier, IdentifierKind

VOUCH = "requests:vouch"


class CodeNotAccepted(AccordantError):
    """The code is wrong, over, or none was asked for."""

    code = "code_not_accepted"
    status = 422


class CodeLocked(AccordantError):
    """Codes were tried too often: an officer has to look at the request."""

    code = "code_locked"
    status = 422


class VouchingNotPermitted(AccordantError):
    """The key may not say who people are."""

    code = "vouching_not_permitted"
    status = 403


class RequestsView(APIView):
    """Data subject requests."""

    parser_classes = [StrictJsonParser]

    @property
    def required_scope(self) -> str:
        """What a caller must hold: another scope to read requests than to make them."""
        return "requests:read" if self.request.method == "GET" else "requests"

    @extend_schema(operation_id="list_requests", parameters=[RequestsQuery], responses=RequestPageSerializer)
    def get(self, request: Request) -> Response:
        """Return requests, the latest first. None of them names its person."""
        asked = RequestsQuery(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        return Response(RequestPageSerializer(queries.list_requests(**asked.validated_data)).data)

    @extend_schema(
        operation_id="make_request",
        request=NewRequestSerializer,
        responses={201: RequestSerializer},
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="The same key and body again are answered as before, and make one request.",
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Take in what a person asks for. The answer is the same whether they are known or not."""
        asked = NewRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        _insist_on_vouching(request, asked.validated_data)
        new = _read(asked.validated_data)

        def make() -> dict[str, Any]:
            received = services.receive(new, actor=Actor.CALLER)
            view = queries.get_request(request_id=received.request_id)
            return {name: _plain(value) for name, value in RequestSerializer(view).data.items()}

        if (key := request.headers.get("Idempotency-Key")) is None:
            return Response(make(), status=HTTP_201_CREATED)
        answer = answer_once(caller=_name(request), key=key, body=request.data, write=make)
        headers = {"Idempotent-Replayed": "true"} if answer.repeated else {}
        return Response(answer.body, status=HTTP_201_CREATED, headers=headers)


class OneRequestView(APIView):
    """One data subject request."""

    required_scope = "requests:read"

    @extend_schema(operation_id="get_request", responses=ExplainedRequestSerializer)
    def get(self, _request: Request, request_id: UUID) -> Response:
        """Return where the request stands, and how its dates are counted."""
        view = listing.explain_request(request_id=request_id)
        return Response(ExplainedRequestSerializer(view).data)


class VerificationView(APIView):
    """Proof that a request is its person's own."""

    required_scope = "requests"
    parser_classes = [StrictJsonParser]

    @extend_schema(
        operation_id="verify_request",
        request=VerificationSerializer,
        responses={200: VerificationAnswerSerializer},
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        """Send a code, try one, or vouch that the person is logged in with you."""
        asked = VerificationSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        action = asked.validated_data["action"]
        if action == "ask":
            sent = services.ask_code(request_id, at=timezone.now())
            return _verification(request_id, sent=sent.is_sent, expires_at=sent.expires_at)
        if action == "check":
            _check(request_id, asked.validated_data["code"])
            return _verification(request_id)
        if not _may_vouch(request):
            raise VouchingNotPermitted(f"the key lacks the scope {VOUCH}")
        services.accept_token(request_id, at=timezone.now())
        return _verification(request_id)


class CancellationView(APIView):
    """Taking a request back."""

    required_scope = "requests"
    parser_classes = [StrictJsonParser]

    @extend_schema(operation_id="cancel_request", request=None, responses=RequestSerializer)
    def post(self, _request: Request, request_id: UUID) -> Response:
        """End a request because its person takes it back. A no that was recorded stands."""
        services.cancel(request_id, actor=Actor.CALLER)
        return Response(RequestSerializer(queries.get_request(request_id=request_id)).data)


def _check(request_id: UUID, code: str) -> None:
    checked = services.check_code(request_id, code=code, at=timezone.now())
    if checked is CodeCheck.LOCKED:
        raise CodeLocked("codes were tried too often: an officer looks at this request")
    if checked is CodeCheck.WRONG:
        raise CodeNotAccepted("the code is not accepted: ask for another one")


def _verification(request_id: UUID, *, sent: bool = False, expires_at: Any = None) -> Response:
    view = queries.get_request(request_id=request_id)
    body = {
        "verified": view.state not in {RequestState.RECEIVED, RequestState.VERIFYING},
        "sent": sent,
        "expires_at": expires_at,
        "state": view.state,
    }
    return Response(VerificationAnswerSerializer(body).data)


def _insist_on_vouching(request: Request, asked: dict[str, Any]) -> None:
    is_vouching = asked["vouched"] or any(one["verified"] for one in asked["identifiers"])
    if is_vouching and not _may_vouch(request):
        raise VouchingNotPermitted(f"`vouched` and `verified` take the scope {VOUCH}")


def _may_vouch(request: Request) -> bool:
    caller: Any = request.user  # what the authentication class returned
    return bool(caller.may(VOUCH))


def _read(asked: dict[str, Any]) -> NewRequest:
    return NewRequest(
        type=RequestType(asked["type"]),
        controller=asked["controller"],
        identifiers=tuple(_read_identifiers(asked["identifiers"])),
        channel=Channel.API,
        received_at=timezone.now(),
        jurisdiction=asked.get("jurisdiction"),
        language=asked["language"],
        details=asked["details"],
        corrections=asked["corrections"],
        purposes=tuple(asked["purposes"]),
        reply_to=asked.get("reply_to"),
        agent=asked.get("agent"),
        vouched=asked["vouched"],
        appeal_of=asked.get("appeal_of"),
    )


def _read_identifiers(rows: Iterable[dict[str, Any]]) -> Iterable[Identifier]:
    return (Identifier(IdentifierKind(row["kind"]), row["value"], row["verified"]) for row in rows)


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | bool | int | None) else str(value)


def _name(request: Request) -> str:
    caller: Any = request.user  # what the authentication class returned: it has a name
    return f"api:{caller.name}"[:200]
