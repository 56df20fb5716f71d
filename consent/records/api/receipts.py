"""The address under which receipts are handed out."""

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from consent.records import services
from consent.verifier.receipts.signing import MEDIA_TYPE


class ReceiptRenderer(JSONRenderer):
    """Lets a caller ask for a receipt by its media type. What it renders is errors, which are JSON still."""

    media_type = MEDIA_TYPE
    format = "jws"


class ReceiptView(APIView):
    """The receipt of one record."""

    required_scope = "receipts:read"
    renderer_classes = [JSONRenderer, ReceiptRenderer]

    @extend_schema(operation_id="get_receipt", responses={(200, MEDIA_TYPE): OpenApiTypes.STR})
    def get(self, _request: Request, record_id: str) -> HttpResponse:
        """Return a signed receipt for one recorded choice, yes or no alike.

        It holds the event, its proof of inclusion under the newest checkpoint, and the words of the policy
        that was in force when it was recorded.
        """
        content = services.get_receipt(record_id=record_id, at=timezone.now())
        return HttpResponse(content, content_type=MEDIA_TYPE)
