"""Addresses under which standing audiences are read."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from activation.enforcement.api.serializers import AudiencePageSerializer, AudiencesQuery, DriftSerializer
from activation.enforcement.standing import queries


class AudiencesView(APIView):
    """Standing audiences."""

    required_scope = "runs:read"

    @extend_schema(
        operation_id="list_audiences", parameters=[AudiencesQuery], responses=AudiencePageSerializer
    )
    def get(self, request: Request) -> Response:
        """Return standing audiences by slug, each with its last run and whether that went wrong since."""
        asked = AudiencesQuery(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        return Response(
            AudiencePageSerializer({"audiences": queries.list_audiences(**asked.validated_data)}).data
        )


class DriftView(APIView):
    """The drift of one standing audience."""

    required_scope = "runs:read"

    @extend_schema(operation_id="get_drift", responses=DriftSerializer)
    def get(self, _request: Request, slug: str) -> Response:
        """Return how many of those whom its last run sent may not be sent now, or soon, and why."""
        return Response(DriftSerializer(queries.get_drift(slug=slug)).data)
