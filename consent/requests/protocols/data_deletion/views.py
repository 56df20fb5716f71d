"""What participants of the framework read of us at the root of our domain."""

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from consent.kernel.errors import AccordantError
from consent.requests.protocols.data_deletion.keys import read_requester


class NoIdentifierTaken(AccordantError):
    """Nobody's deletion is asked for here by the framework: ask by DRP, OpenDSR, the API, or the portal."""

    code = "no_identifier_taken"
    status = 400


class OpenView(APIView):
    """What everybody may read."""

    authentication_classes = []
    permission_classes = []


class DiscoveryView(OpenView):
    """Our `dsrdelete.json`."""

    @extend_schema(operation_id="data_deletion_discover", auth=[], responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> HttpResponse:
        """Return the key that our requests are signed with, and that we take none."""
        base = settings.PUBLIC_URL.rstrip("/") or f"{request.scheme}://{request.get_host()}"
        return JsonResponse(
            {
                "endpoint": f"{base}/data-deletion",
                "identifiers": [],
                "publicKey": [read_requester().publish()],
                "vendorScriptRequirement": False,
            }
        )


class EndpointView(OpenView):
    """Where deletion requests would be taken."""

    @extend_schema(
        operation_id="data_deletion_request", auth=[], request=None, responses={400: OpenApiTypes.OBJECT}
    )
    def post(self, _request: Request) -> HttpResponse:
        """Refuse: no kind of identifier is taken here, as `dsrdelete.json` says."""
        read_requester()
        raise NoIdentifierTaken("no kind of identifier is taken here, as dsrdelete.json says")
