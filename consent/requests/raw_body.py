"""Bodies that are read as they were sent: what is signed, is signed byte by byte."""

from collections.abc import Mapping
from typing import IO, Any, ClassVar

from rest_framework.exceptions import APIException
from rest_framework.parsers import BaseParser


class BodyTooLarge(APIException):
    """The body is longer than any message that this address takes."""

    status_code = 413
    default_code = "body_too_large"
    default_detail = "The body is too large."


class RawParser(BaseParser):
    """Gives the bytes. A subclass says of which type they are, and how many there may be."""

    most_bytes: ClassVar[int]

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,  # noqa: ARG002 - the signature is the framework's
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:
        """Return the bytes.

        :raises BodyTooLarge: if there are more than a message may have.
        """
        body = stream.read(self.most_bytes + 1)
        if len(body) > self.most_bytes:
            raise BodyTooLarge
        return body
