"""Reading the usual request at once. Whatever is unusual in any way is left to `activation.checks.wire`."""

import msgspec

from activation.checks.wire.batches import MAX_SUBJECTS
from activation.checks.wire.parts import LONGEST_TYPE

_LONGEST_NAME = 64
_UNUSUAL = b"\\"
"""An escape: two texts of one value. Without any, each colon stands behind a name, or within a value."""


class _Entity(msgspec.Struct, forbid_unknown_fields=True):
    type: str
    id: str


class _Action(msgspec.Struct, forbid_unknown_fields=True):
    name: str


class _Context(msgspec.Struct, forbid_unknown_fields=True):
    controller: str


class _Evaluation(msgspec.Struct, forbid_unknown_fields=True):
    subject: _Entity
    action: _Action
    resource: _Entity
    context: _Context | msgspec.UnsetType = msgspec.UNSET


class _Checks(msgspec.Struct, forbid_unknown_fields=True):
    purpose: str
    destination: str
    subjects: list[_Entity]
    controller: str | msgspec.UnsetType = msgspec.UNSET


Asked = tuple[str, str, str, str | None]
"""What a question is about besides the person: purpose, destination, controller and type of resource."""

_EVALUATION = msgspec.json.Decoder(_Evaluation)
_CHECKS = msgspec.json.Decoder(_Checks)
_NAMES_OF_EVALUATION, _NAMES_OF_CONTEXT, _NAMES_OF_CHECKS, _NAMES_OF_SUBJECT = 8, 2, 3, 2


def read_evaluation(body: bytes) -> tuple[Asked, str, str] | None:
    """Return a question, and type and value of whom it is about; None if it is not of the usual form.

    A body with as many colons as the names that were read holds no name twice, and none that was not read.
    """
    try:
        read = _EVALUATION.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    context = read.context
    names, controller = _NAMES_OF_EVALUATION, ""
    if context is not msgspec.UNSET:
        names, controller = _NAMES_OF_EVALUATION + _NAMES_OF_CONTEXT, context.controller
        if not controller:
            return None
    if body.count(b":") != names or _UNUSUAL in body:
        return None
    resource, subject = read.resource, read.subject
    return (read.action.name, resource.id, controller, resource.type), subject.type, subject.id


def read_checks(body: bytes) -> tuple[Asked, list[tuple[str, str]]] | None:
    """Return one question, and type and value of those it is about; None if it is not of the usual form."""
    try:
        read = _CHECKS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    has_controller = read.controller is not msgspec.UNSET
    controller = "" if read.controller is msgspec.UNSET else read.controller
    names = _NAMES_OF_CHECKS + has_controller + _NAMES_OF_SUBJECT * len(read.subjects)
    if body.count(b":") != names or _UNUSUAL in body or has_controller > len(controller):
        return None
    if not 1 <= len(read.subjects) <= MAX_SUBJECTS:
        return None
    asked = (read.purpose, read.destination, controller, None)
    return asked, [(one.type, one.id) for one in read.subjects]


def is_usual(asked: Asked) -> bool:
    """Return whether every text is of a length that any reader takes."""
    purpose, destination, controller, resource_type = asked
    return (
        1 <= len(purpose) <= _LONGEST_NAME
        and 1 <= len(destination) <= _LONGEST_NAME
        and len(controller) <= _LONGEST_NAME
        and (resource_type is None or 1 <= len(resource_type) <= LONGEST_TYPE)
    )
