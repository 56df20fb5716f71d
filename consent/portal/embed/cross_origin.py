"""Calls from pages of other origins (CORS): each answer may be read by the pages of our sites, and no others.

Nothing here knows a cookie, so there is no session that another site's page could misuse, and Django's guard
against that (CSRF) has nothing to guard. Pages send `credentials: omit`, and no answer allows credentials.
"""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent.portal.embed.reading import MOST_BYTES
from consent.portal.embed.sites import is_of_a_site
from consent.records.api.parsers import StrictJsonParser

_RETRY_AFTER = "600"
_PREFLIGHT_KEPT = "7200"


class SmallJsonParser(StrictJsonParser):
    """JSON of the size that a page sends."""

    limit = MOST_BYTES


class CrossOriginView(APIView):
    """What all addresses of the embed do. Open to everybody: what a site's key names is public."""

    authentication_classes = []
    permission_classes = []
    throttle_classes = []
    parser_classes = [SmallJsonParser]
    takes = ""
    """What a page may send besides the plainest call: methods."""
    varies = "Origin"
    """The headers of a request that its answer depends on."""

    def options(self, request: Request, *_: object, **__: object) -> Response:  # type: ignore[override]  # DRF hands its own over
        """Answer a preflight: what pages of our sites may send. Others learn nothing."""
        response = Response(status=204)
        if is_of_a_site(request.headers.get("Origin", "")):
            response["Access-Control-Allow-Methods"] = self.takes
            response["Access-Control-Allow-Headers"] = "Content-Type, Idempotency-Key"
            response["Access-Control-Max-Age"] = _PREFLIGHT_KEPT
        return response

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the answer with who may read it, and nothing kept by anybody but by its own word."""
        told: Any = super().finalize_response(request, response, *args, **kwargs)
        origin = request.headers.get("Origin", "")
        if origin and is_of_a_site(origin):
            told["Access-Control-Allow-Origin"] = origin
        told["Vary"] = self.varies
        told["Cross-Origin-Resource-Policy"] = "cross-origin"
        told.setdefault("Cache-Control", "no-store")
        if told.status_code in {429, 503}:
            told["Retry-After"] = _RETRY_AFTER
        return told
