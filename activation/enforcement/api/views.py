"""Addresses under which runs are read."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from activation.enforcement import queries
from activation.enforcement.api.serializers import RunSerializer


class RunView(APIView):
    """One enforcement run."""

    required_scope = "runs:read"

    @extend_schema(operation_id="get_run", responses={200: RunSerializer})
    def get(self, _request: Request, run_id: UUID) -> Response:
        """Return where the run stands and what it decided, in counts."""
        return Response(RunSerializer(queries.get_run(run_id=run_id)).data)
