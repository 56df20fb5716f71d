"""Reading the bodies of events: strictly, and no more of a compressed one than may be."""

import zlib
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import APIException
from rest_framework.parsers import BaseParser

from activation.strict_json import BodyTooLarge
from consent.kernel import canonical

LONGEST_EVENT = 4 * 1024 * 1024
LONGEST_BATCH = 32 * 1024 * 1024
_GZIP = 31  # zlib's number for a gzip header and its checksum


class UnsupportedEncoding(APIException):
    """The body is compressed in a way that this address does not read."""

    status_code = 415
    default_code = "unsupported_content_encoding"
    default_detail = "The body's Content-Encoding is none that this address takes: use gzip, or none."


class MalformedGzip(APIException):
    """The body says that it is gzip, and is not, or not whole, or more than one member."""

    status_code = 400
    default_code = "malformed_gzip"
    default_detail = "The body is not one whole gzip member."


class EventParser(BaseParser):
    """JSON of limited size, bare or as gzip, that every parser reads alike."""

    media_type = "application/json"
    limit = LONGEST_EVENT

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,  # noqa: ARG002 - the signature is the framework's
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the value in the body.

        :raises MalformedJson: if it holds none, or one that parsers could read differently.
        :raises MalformedGzip: if it cannot be decompressed.
        :raises BodyTooLarge: if it is longer than `limit`, as sent or decompressed.
        :raises UnsupportedEncoding: if it is compressed otherwise.
        """
        headers = (parser_context or {})["request"].headers
        encoding = headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in {"gzip", "x-gzip", "identity"}:
            raise UnsupportedEncoding
        body = stream.read(self.limit + 1)
        if encoding != "identity":
            body = _inflate(body, self.limit)
        if len(body) > self.limit:
            raise BodyTooLarge
        return canonical.loads(body, long_integers=True)


class EventsParser(EventParser):
    """A list of events."""

    limit = LONGEST_BATCH


def _inflate(packed: bytes, limit: int) -> bytes:
    """Return at most one byte more than `limit`: whatever more there were is never made."""
    if len(packed) > limit:
        raise BodyTooLarge
    inflating = zlib.decompressobj(_GZIP)
    try:
        body = inflating.decompress(packed, limit + 1)
    except zlib.error as error:
        raise MalformedGzip from error
    if len(body) <= limit and (not inflating.eof or inflating.unused_data):
        raise MalformedGzip
    return body
