"""The id that a caller gives its request comes back with every answer, errors included."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from activation.checks import wire


class Middleware:
    """Stands outermost, so that no answer passes it by."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer with the request's own id, where it sent one that can be echoed."""
        response = self._get_response(request)
        request_id = wire.read_request_id(request.headers.get(wire.HEADER))
        if request_id is not None:
            response.headers[wire.HEADER] = request_id
        return response
