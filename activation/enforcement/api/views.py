"""Addresses under which runs are asked for, read and stopped."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_202_ACCEPTED
from rest_framework.views import APIView

from activation.enforcement import queries
from activation.enforcement.api.serializers import (
    OrderSerializer,
    RunPageSerializer,
    RunRequestSerializer,
    RunSerializer,
    RunsQuery,
)
from activation.enforcement.standing import services, waking
from activation.enforcement.standing.listing import ListedRun, RunFilter, find_run, list_runs
from activation.enforcement.standing.queries import get_order
from activation.enforcement.standing.types import OrderSource, RunRequest
from activation.enforcement.types import DeliveryState
from activation.strict_json import StrictJsonParser
from consent.records import services as records

_LONGEST_NAME = 200
_IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key and body again are answered as before, and set down once.",
)


class RunsView(APIView):
    """Enforcement runs."""

    parser_classes = [StrictJsonParser]

    @property
    def required_scope(self) -> str:
        """What a caller must hold: another scope to ask for runs than to read them."""
        return "runs:write" if self.request.method == "POST" else "runs:read"

    @extend_schema(operation_id="list_runs", parameters=[RunsQuery], responses=RunPageSerializer)
    def get(self, request: Request) -> Response:
        """Return runs, and orders for runs, the latest first."""
        asked = RunsQuery(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        data = dict(asked.validated_data)
        page, limit = data.pop("page", ""), data.pop("limit")
        found = list_runs(asked=RunFilter(**data), page=page, limit=limit)
        body = {"runs": [_lay_out(one) for one in found.runs], "next_page": found.next_page}
        return Response(RunPageSerializer(body).data)

    @extend_schema(
        operation_id="ask_for_run",
        request=RunRequestSerializer,
        responses={202: OrderSerializer},
        parameters=[_IDEMPOTENCY_KEY],
    )
    def post(self, request: Request) -> Response:
        """Set a run down, which a worker then carries out; if one of the audience waits already, that one.

        A run lets data leave. Its output lies where the service writes runs.
        """
        asked = RunRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        name = _name(request)

        def write() -> dict[str, Any]:
            order_id = _set_down(asked.validated_data, asked_by=name)
            return dict(OrderSerializer(get_order(order_id=order_id)).data)

        key = request.headers.get("Idempotency-Key")
        if key is None:
            body, headers = write(), {}
        else:
            answer = records.answer_once(caller=name, key=key, body=request.data, write=write)
            body, headers = answer.body, {"Idempotent-Replayed": "true"} if answer.repeated else {}
        waking.wake_for_order(UUID(body["order_id"]))
        headers["Location"] = reverse("run", args=[body["order_id"]])
        return Response(body, status=HTTP_202_ACCEPTED, headers=headers)


class RunView(APIView):
    """One enforcement run."""

    required_scope = "runs:read"

    @extend_schema(operation_id="get_run", responses={200: RunSerializer})
    def get(self, _request: Request, run_id: UUID) -> Response:
        """Return where a run stands and what it decided, in counts; `run_id` may be its order's id, too."""
        return Response(RunSerializer(_lay_out(find_run(any_id=run_id))).data)


class CancelRunView(APIView):
    """The stop of a run."""

    required_scope = "runs:write"

    @extend_schema(operation_id="cancel_run", request=None, responses={202: OrderSerializer})
    def post(self, request: Request, run_id: UUID) -> Response:
        """Stop a run that was asked for: at once if it waits, else before its next batch of rows.

        One that has decided its last row delivers, all the same.
        """
        order = find_run(any_id=run_id).order
        if order is None:
            raise services.OrderNotFound("nobody asked for this run here: stop it where it was begun")
        services.cancel_order(order_id=order.order_id, asked_by=_name(request), at=timezone.now())
        return Response(OrderSerializer(get_order(order_id=order.order_id)).data, status=HTTP_202_ACCEPTED)


def _set_down(data: dict[str, Any], *, asked_by: str) -> UUID:
    at, parent_run = timezone.now(), data.get("parent_run", "")
    if "audience" in data:
        return services.run_now(
            slug=data["audience"], source=OrderSource.API, asked_by=asked_by, at=at, parent_run=parent_run
        )
    request = RunRequest(
        purpose=data["purpose"],
        destination=data["destination"],
        controller=data.get("controller") or queries.get_only_controller(at=at),
        input=data["input"],
        identifiers=data.get("identifiers", {}),
        audience_format=data.get("format", ""),
    )
    return services.order_run(
        request=request, source=OrderSource.API, asked_by=asked_by, at=at, parent_run=parent_run
    )


def _lay_out(listed: ListedRun) -> dict[str, Any]:
    run, order = listed.run, listed.order
    told = asdict(run) if run else {**asdict(order), **_NOTHING_DECIDED} if order else {}
    return {**told, "status": listed.status, "order": order}


_NOTHING_DECIDED: dict[str, Any] = {
    "run_id": None,
    "decided_at": None,
    "rows_in": 0,
    "allowed": 0,
    "denied": 0,
    "denied_by_reason": {},
    "policy_version": 0,
    "policy_digest": "",
    "watermark": 0,
    "states_watermark": 0,
    "manifest_digest": "",
    "canaries": 0,
    "delivery": DeliveryState.NONE,
    "delivery_reference": "",
    "pulled_back": 0,
}


def _name(request: Request) -> str:
    caller: Any = request.user  # what the authentication class returned: it has a name
    return f"api:{caller.name}"[:_LONGEST_NAME]
