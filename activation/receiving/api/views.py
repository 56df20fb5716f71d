"""Addresses under which other systems tell of the way of data."""

from dataclasses import asdict
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED
from rest_framework.views import APIView

from activation.checks.types import Scope
from activation.checks.wire import MalformedRequest
from activation.receiving.api.bodies import EventParser, EventsParser
from activation.receiving.api.refusals import no_batch, not_an_event, refusal
from activation.receiving.api.shapes import LineageBatchSerializer, LineageEventSerializer
from consent.kernel.errors import AccordantError
from lineage.graph import services

MOST_EVENTS = 1000


class LineageView(APIView):
    """OpenLineage events, one at a time."""

    required_scope = Scope.LINEAGE_WRITE
    parser_classes = [EventParser]

    @extend_schema(
        operation_id="send_lineage",
        request=LineageEventSerializer,
        responses={201: OpenApiResponse(description="Taken in. The body is empty.")},
    )
    def post(self, request: Request) -> Response:
        """Take in one event, as OpenLineage's clients send it. The same event again is answered alike."""
        if not isinstance(request.data, dict):
            raise not_an_event()
        try:
            services.receive(event=request.data, at=timezone.now())
        except services.EventRefused as error:
            raise refusal(error) from error
        return Response(status=HTTP_201_CREATED)


class LineageBatchView(APIView):
    """OpenLineage events, many at a time."""

    required_scope = Scope.LINEAGE_WRITE
    parser_classes = [EventsParser]

    @extend_schema(
        operation_id="send_lineage_batch",
        request=LineageEventSerializer(many=True),
        responses={200: LineageBatchSerializer},
    )
    def post(self, request: Request) -> Response:
        """Take in those of up to 1,000 events that are valid, and answer for each, in the order sent."""
        events: Any = request.data
        if not isinstance(events, list):
            raise no_batch("Send a list of events.")
        if len(events) > MOST_EVENTS:
            raise no_batch(f"Send at most {MOST_EVENTS} events at once.")
        refusals = services.receive_many(events=events, at=timezone.now())
        results = [_result(one) for one in refusals]
        return Response({"taken": refusals.count(None), "results": results})


def _result(error: services.EventRefused | None) -> dict[str, Any]:
    return {"status": HTTP_201_CREATED} if error is None else _refused(refusal(error))


def _refused(error: AccordantError) -> dict[str, Any]:
    told: dict[str, Any] = {"status": error.status, "code": error.code}
    if isinstance(error, MalformedRequest):
        told["errors"] = [asdict(fault) for fault in error.faults]
    return told
