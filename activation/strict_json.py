"""Reading the bodies of requests strictly: for the API of every room."""

from typing import IO, Any

from rest_framework.exceptions import APIException
from rest_framework.parsers import BaseParser

from consent.kernel import canonical

LONGEST_BODY = 64 * 1024


class BodyTooLarge(APIException):
    """The body is longer than this address takes."""

    status_code = 413
    default_code = "body_too_large"
    default_detail = "The body is too large."


class StrictJsonParser(BaseParser):
    """JSON of limited size that every parser reads alike: no name twice, no number that loses digits."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], *_: object, **__: object) -> Any:
        """Return the value in the body.

        :raises MalformedJson: if it holds none, or one that parsers could read differently.
        :raises BodyTooLarge: if it is longer than `LONGEST_BODY`.
        """
        body = stream.read(LONGEST_BODY + 1)
        if len(body) > LONGEST_BODY:
            raise BodyTooLarge
        return canonical.loads(body)
