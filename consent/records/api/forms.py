"""A file with the mapping that it is read by, as parts of a form."""

from typing import IO, Any, cast

from django.core.files.uploadedfile import UploadedFile as Part
from django.http import QueryDict
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import DataAndFiles, MultiPartParser

from consent.records.api.parsers import MAX_FILE_BYTES, BodyTooLarge, UploadedFile
from consent.records.services import Format

MAX_MAPPING_BYTES = 1024 * 1024
_FORMATS = {one.value: one for one in Format}
_NAMES = ("file", "format", "mapping")


class MappedFileParser(MultiPartParser):
    """Parts of a form; the file is kept outside memory."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> "DataAndFiles[Any, Any]":
        """Return the parts.

        :raises BodyTooLarge: if they are longer than a file and a mapping may be.
        """
        length = (parser_context or {})["request"].META.get("CONTENT_LENGTH") or 0
        if int(length) > MAX_FILE_BYTES + MAX_MAPPING_BYTES:
            raise BodyTooLarge
        return super().parse(stream, media_type, parser_context)


def read_form(form: QueryDict) -> UploadedFile:
    """Return the file of the form, with its format and, if there is one, its mapping.

    :raises ValidationError: if a part is missing, unknown, given twice, or of the wrong kind.
    :raises BodyTooLarge: if the mapping is longer than a mapping may be.
    """
    parts: dict[str, list[Any]] = dict(form.lists())
    if unknown := parts.keys() - set(_NAMES):
        raise ValidationError(
            {"non_field_errors": [f"{len(unknown)} unknown; the parts are {', '.join(_NAMES)}."]}
        )
    if twice := [name for name, values in parts.items() if len(values) > 1]:
        raise ValidationError({name: ["Send it once."] for name in twice})
    given = {name: values[0] for name, values in parts.items()}
    file, told = given.get("file"), given.get("format")
    if not isinstance(file, Part):
        raise ValidationError({"file": ["Send the file as a part with a file name."]})
    if not isinstance(told, str) or told not in _FORMATS:
        raise ValidationError({"format": [f"Must be one of {', '.join(_FORMATS)}."]})
    return UploadedFile(
        cast("IO[bytes]", file.file), None, _FORMATS[told], _read_mapping(given.get("mapping"))
    )


def _read_mapping(value: "str | Part[Any] | None") -> str | None:
    """Return the mapping's text, whether it came as a value or as a file."""
    if not isinstance(value, Part):
        return value
    if value.size is None or value.size > MAX_MAPPING_BYTES:
        raise BodyTooLarge
    try:
        text: str = value.read().decode()
    except UnicodeDecodeError as error:
        raise ValidationError({"mapping": [f"Not UTF-8 at byte {error.start}."]}) from error
    return text
