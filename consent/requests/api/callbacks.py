"""The address at which systems report what became of a step. Signed with the system's secret; no API key."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from consent.kernel.errors import AccordantError
from consent.requests import queries, services
from consent.requests.connectors.webhook.reports import MOST_BYTES, read_report
from consent.requests.connectors.webhook.signing import read_secret
from consent.requests.raw_body import RawParser

_NOBODY = "whsec_" + "A" * 32
"""What a call-back for no step is checked with, so that it takes as long as any other."""
_SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")


class CallbackRefused(AccordantError):
    """The call-back is not signed, just now, by the system whose step it is. Or there is no such step."""

    code = "callback_refused"
    status = 401


class SignedParser(RawParser):
    """The body as it was sent: the signature is of its bytes."""

    media_type, most_bytes = "application/json", MOST_BYTES


class ReportedDatasetSerializer(serializers.Serializer[Any]):
    """Counts of one dataset."""

    dataset = serializers.CharField(max_length=200)
    found = serializers.IntegerField(min_value=0, required=False)
    done = serializers.IntegerField(min_value=0, required=False)
    kept = serializers.IntegerField(min_value=0, required=False)
    ground = serializers.CharField(max_length=300, required=False)


class ReportedRowSerializer(serializers.Serializer[Any]):
    """A row that was found."""

    dataset = serializers.CharField(max_length=200)
    row = serializers.DictField()


class ReportSerializer(serializers.Serializer[Any]):
    """What a system did in one step: for the documentation; `read_report` reads it."""

    step = serializers.UUIDField()
    state = serializers.ChoiceField(choices=["done", "partly_done"])
    datasets = ReportedDatasetSerializer(many=True, required=False)
    rows = ReportedRowSerializer(many=True, required=False)
    reference = serializers.CharField(max_length=200, required=False)


class TakenSerializer(serializers.Serializer[Any]):
    """That the report is known."""

    taken = serializers.BooleanField()
    repeated = serializers.BooleanField()


class StepCallbackView(APIView):
    """What one step's system reports."""

    authentication_classes = []
    permission_classes = []
    parser_classes = [SignedParser]

    @extend_schema(
        operation_id="report_step",
        auth=[],
        request=ReportSerializer,
        responses={200: TakenSerializer},
        parameters=[
            OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.HEADER, required=True)
            for name in _SIGNED
        ],
    )
    def post(self, request: Request, step_id: UUID) -> Response:
        """Take a report that is signed as Standard Webhooks says. The same again changes nothing."""
        content: Any = request.data or b""  # nothing at all is parsed as nothing
        check_signature(step_id, content, request.headers)
        is_new = services.answer_step(step_id, read_report(content), content=content)
        return Response({"taken": True, "repeated": not is_new})


def check_signature(step_id: UUID, content: bytes, headers: Mapping[str, str]) -> None:
    """Return if the system whose step it is has signed `content` within the last minutes.

    :raises CallbackRefused: if not, or if there is no such step at a system that calls back.
    :raises KeyUnreadable, KeysUnavailable: if the system's secret cannot be read now.
    """
    secret = queries.get_callback_secret(step_id)
    signer: Webhook = read_secret(secret or _NOBODY)
    told = {name: headers.get(name, "") for name in _SIGNED}
    try:
        signer.verify(content, told, json_parse=False)
        is_signed = True
    except (WebhookVerificationError, ValueError, UnicodeError):
        is_signed = False
    if not is_signed or secret is None:
        raise CallbackRefused("this is not signed by the system whose step it is, or not within five minutes")
