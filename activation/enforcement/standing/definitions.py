"""What a definition must be like before it is kept. Pure."""

import re

from activation.enforcement.audience.types import AudienceFormat
from activation.enforcement.standing.schedule import read_schedule
from activation.enforcement.standing.types import Definition, RunRequest
from consent.kernel.errors import AccordantError
from consent.subjects.types import SUBJECT_REF, IdentifierKind

LONGEST_TITLE = 200
LONGEST_INPUT = 500
_LONGEST_COLUMN = 200
_AUDIENCE = re.compile(r"[a-z][a-z0-9_-]{0,63}", re.ASCII)
_SLUG = re.compile(r"[a-z0-9_][a-z0-9_-]*(\.[a-z0-9_][a-z0-9_-]*)*", re.ASCII)
_LONGEST = {"purpose": 200, "destination": 64, "controller": 64}
_STEP = re.compile(r"[^\x00-\x1f\x7f/\\]+")


class MalformedAudience(AccordantError):
    """What was given is no standing audience, or nothing that a run can be asked about."""

    code = "malformed_audience"


def check_definition(definition: Definition) -> None:
    """Return if the definition can be kept.

    :raises MalformedAudience, MalformedSchedule: with what is wrong with it.
    """
    if not _AUDIENCE.fullmatch(definition.slug):
        raise MalformedAudience(
            "a slug is 1 to 64 lower-case letters, digits, '_' and '-', the first a letter"
        )
    if not 1 <= len(definition.title.strip()) <= LONGEST_TITLE or not definition.title.isprintable():
        raise MalformedAudience(f"a title is one line of 1 to {LONGEST_TITLE} characters")
    check_request(definition.request)
    read_schedule(definition.schedule)


def check_request(request: RunRequest) -> None:
    """Return if a run can be asked about `request`. Whether the file is there is not looked at.

    :raises MalformedAudience: with what is wrong with it.
    """
    for name, longest in _LONGEST.items():
        value: str = getattr(request, name)
        if len(value) > longest or not _SLUG.fullmatch(value):
            raise MalformedAudience(
                f"the {name} is no slug: lower-case letters, digits, '_', '-', dots between"
            )
    _check_input(request.input)
    _check_identifiers(request)
    if request.audience_format and request.audience_format not in set(AudienceFormat):
        raise MalformedAudience(f"a format is one of {', '.join(AudienceFormat)}, or none")


def _check_input(text: str) -> None:
    steps = text.split("/")
    is_path = len(text) <= LONGEST_INPUT and all(map(_STEP.fullmatch, steps))
    if not is_path or any(step.startswith(".") for step in steps):
        raise MalformedAudience(
            "the input is a path below the folder of audiences, such as crm/customers.csv: no name in it"
            " begins with a dot"
        )


def _check_identifiers(request: RunRequest) -> None:
    kinds = {*IdentifierKind, SUBJECT_REF}
    columns = request.identifiers.values()
    if not all(kind in kinds for kind in request.identifiers):
        raise MalformedAudience(f"an identifier's kind is one of {', '.join(IdentifierKind)}, {SUBJECT_REF}")
    if not all(1 <= len(column) <= _LONGEST_COLUMN and column.isprintable() for column in columns):
        raise MalformedAudience(f"a column's name has 1 to {_LONGEST_COLUMN} characters")
