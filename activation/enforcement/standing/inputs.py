"""The one folder that lists are read from, and the one that runs are written to."""

from pathlib import Path
from uuid import UUID

from django.conf import settings
from pyarrow import ArrowException, parquet

from activation.enforcement.audience.reading import AudienceFormatUnknown, format_of
from activation.enforcement.audience.types import AudienceFormat
from activation.enforcement.standing.definitions import check_request
from activation.enforcement.standing.types import RunRequest
from consent.kernel.errors import AccordantError

_EXTENSIONS = {
    AudienceFormat.CSV: ".csv",
    AudienceFormat.NDJSON: ".ndjson",
    AudienceFormat.PARQUET: ".parquet",
}
_OWNER_ONLY = 0o700


class InputRefused(AccordantError):
    """The path leads out of the folder of audiences, or to what is no file."""

    code = "audience_input_refused"


class InputMissing(AccordantError):
    """There is no such file in the folder of audiences."""

    code = "audience_input_missing"


def find_input(request: RunRequest) -> Path:
    """Return where the request's file lies, every link followed.

    :raises MalformedAudience: if the request is none. :raises InputMissing: if there is no such file.
    :raises InputRefused: if it lies outside of `ACCORDANT_AUDIENCES`, or is no plain file.
    """
    check_request(request)
    try:
        root = Path(settings.AUDIENCES).resolve(strict=True)
        found = (root / request.input).resolve(strict=True)
    except (OSError, RuntimeError):  # RuntimeError: links that lead round in a circle
        raise InputMissing("there is no such file in the folder of audiences (ACCORDANT_AUDIENCES)") from None
    if not found.is_relative_to(root) or not found.is_file():
        raise InputRefused("the input leads out of the folder of audiences, or to what is no plain file")
    return found


def find_format(request: RunRequest, path: Path) -> AudienceFormat:
    """Return the format that the request or the file's extension names.

    :raises AudienceFormatUnknown: if neither does.
    """
    found = AudienceFormat(request.audience_format) if request.audience_format else format_of(path)
    if found is None:
        raise AudienceFormatUnknown("the file's extension names no format: name one")
    return found


def count_rows(path: Path, audience_format: AudienceFormat) -> int | None:
    """Return how many rows the file says it has; None if only reading it would tell."""
    if audience_format is not AudienceFormat.PARQUET:
        return None
    try:
        return int(parquet.read_metadata(path).num_rows)
    except (ArrowException, OSError):
        return None  # the run will say what is wrong with it


def output_of(name: str, order_id: UUID, audience_format: AudienceFormat) -> Path:
    """Return where the run of an order writes. `name` is a slug, and the id makes it the order's alone."""
    folder = Path(settings.RUNS)
    folder.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
    return folder.resolve() / f"{name}-{order_id.hex}{_EXTENSIONS[audience_format]}"
