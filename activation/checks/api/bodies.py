"""Bodies as they were sent: `activation.checks.wire` reads them."""

from typing import IO

from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from activation.checks import wire
from consent.kernel.errors import AccordantError


class JsonBody(BaseParser):
    """A body of JSON, not parsed yet, of limited size."""

    media_type = wire.MEDIA_TYPE
    limit = wire.MAX_EVALUATION_BYTES

    def parse(self, stream: IO[bytes], *_: object, **__: object) -> bytes:  # type: ignore[override]  # the stubs know no bytes
        """Return the body.

        :raises BodyTooLarge: if it is longer than `limit`.
        """
        body = stream.read(self.limit + 1)
        if len(body) > self.limit:
            raise wire.BodyTooLarge(self.limit)
        return body


class EvaluationsBody(JsonBody):
    """Many questions."""

    limit = wire.MAX_EVALUATIONS_BYTES


class ChecksBody(JsonBody):
    """A question about many people."""

    limit = wire.MAX_CHECKS_BYTES


class WrongContentType(AccordantError):
    """The body is not sent as JSON. The certification of the standard asks for 400 here, and not for 415."""

    code = "unsupported_media_type"


class AuthzenView(APIView):
    """An address of the AuthZEN Authorization API 1.0."""

    parser_classes = [JsonBody]

    def handle_exception(self, exc: Exception) -> Response:
        """Return the answer to an error, with the standard's status for a body that is not sent as JSON."""
        if isinstance(exc, UnsupportedMediaType):
            return super().handle_exception(WrongContentType("send the body as application/json"))
        return super().handle_exception(exc)


def read_body(request: Request) -> bytes:
    """Return the body as it was sent; empty if there is none.

    :raises BodyTooLarge: if it is too long; :raises UnsupportedMediaType: if it is not sent as JSON.
    """
    body: object = request.data
    return body if isinstance(body, bytes) else b""
