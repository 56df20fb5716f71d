"""Reading request bodies strictly, and without holding a large one in memory."""

import hashlib
import tempfile
from dataclasses import dataclass
from typing import IO, Any

from rest_framework.exceptions import APIException
from rest_framework.parsers import BaseParser

from consent.kernel import canonical
from consent.records.rules.rows import MAX_ROW_BYTES
from consent.records.services import Format

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_QUESTION_BYTES = 1024 * 1024
_CHUNK = 64 * 1024
_IN_MEMORY = 1024 * 1024


class BodyTooLarge(APIException):
    """The body is longer than this address takes."""

    status_code = 413
    default_code = "body_too_large"
    default_detail = "The body is too large. Send it in parts."


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file of choices that was read whole into a temporary file, which stands at its beginning."""

    file: IO[bytes]
    digest: str | None
    """SHA-256 of the content, in hex; None: not known yet."""
    file_format: Format
    mapping_text: str | None = None


class StrictJsonParser(BaseParser):
    """JSON of limited size, one row's by default, that every parser reads alike."""

    media_type = "application/json"
    limit = MAX_ROW_BYTES

    def parse(self, stream: IO[bytes], *_: object, **__: object) -> Any:
        """Return the value in the body.

        :raises MalformedJson: if it holds none, or one that parsers could read differently.
        :raises BodyTooLarge: if it is longer than `limit`.
        """
        body = stream.read(self.limit + 1)
        if len(body) > self.limit:
            raise BodyTooLarge
        return canonical.loads(body)


class QuestionParser(StrictJsonParser):
    """JSON about many people."""

    limit = MAX_QUESTION_BYTES


class NdjsonParser(BaseParser):
    """Lines of JSON, kept in a temporary file: they are read line by line later."""

    media_type = "application/x-ndjson"
    file_format = Format.NDJSON

    def parse(self, stream: IO[bytes], *_: object, **__: object) -> UploadedFile:  # type: ignore[override]  # the stubs know no file alone
        """Return the body.

        :raises BodyTooLarge: if it is longer than a file may be.
        """
        file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - the view closes it
        digest, size = hashlib.sha256(), 0
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > MAX_FILE_BYTES:
                file.close()
                raise BodyTooLarge
            digest.update(chunk)
            file.write(chunk)
        file.seek(0)
        return UploadedFile(file, digest.hexdigest(), self.file_format)


class CsvParser(NdjsonParser):
    """Rows of CSV, kept likewise."""

    media_type = "text/csv"
    file_format = Format.CSV
