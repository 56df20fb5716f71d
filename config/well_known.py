"""What the service says about itself at well-known addresses (RFC 8615)."""

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from consent.signals.gpc import write_support

_KEPT = "public, max-age=86400"


@require_safe
def gpc(_request: HttpRequest) -> JsonResponse:
    """Say that the Global Privacy Control is honoured here, and since when that is said."""
    answer = JsonResponse(dict(write_support(gpc=True, last_update=settings.GPC_UPDATED_ON)))
    answer["Cache-Control"] = _KEPT
    return answer
