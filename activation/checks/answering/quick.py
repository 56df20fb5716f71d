"""Reading the usual request at once. Whatever is unusual in any way is left to `activation.checks.wire`."""

from typing import NamedTuple

import msgspec

from activation.checks.wire.parts import LONGEST_ID, LONGEST_TYPE, SUBJECT_TYPES
from consent.subjects.types import Identifier, IdentifierKind

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


class Asked(NamedTuple):
    """What a question is about, besides the person."""

    purpose: str
    destination: str
    controller: str
    resource_type: str | None


_EVALUATION = msgspec.json.Decoder(_Evaluation)
_CHECKS = msgspec.json.Decoder(_Checks)
_NAMES_OF_EVALUATION, _NAMES_OF_CONTEXT, _NAMES_OF_CHECKS, _NAMES_OF_SUBJECT = 8, 2, 3, 2


def read_evaluation(body: bytes) -> tuple[Asked, IdentifierKind, str] | None:
    """Return a question, and the identifier of whom it is about; None if it is not of the usual form.

    A body with as many colons as the names that were read holds no name twice, and none that was not read.
    """
    try:
        read = _EVALUATION.decode(body)
    except msgspec.DecodeError:
        return None
    context, subject = read.context, read.subject
    names = _NAMES_OF_EVALUATION if context is msgspec.UNSET else _NAMES_OF_EVALUATION + _NAMES_OF_CONTEXT
    if body.count(b":") != names or _UNUSUAL in body:
        return None
    controller = "" if context is msgspec.UNSET else context.controller
    asked = Asked(read.action.name, read.resource.id, controller, read.resource.type)
    kind = SUBJECT_TYPES.get(subject.type)
    if kind is None or not _is_usual(asked, has_controller=context is not msgspec.UNSET):
        return None
    return (asked, kind, subject.id) if 1 <= len(subject.id) <= LONGEST_ID else None


def read_checks(body: bytes) -> tuple[Asked, list[Identifier]] | None:
    """Return one question, and the identifiers of those it is about; None if it is not of the usual form."""
    try:
        read = _CHECKS.decode(body)
    except msgspec.DecodeError:
        return None
    has_controller = read.controller is not msgspec.UNSET
    names = _NAMES_OF_CHECKS + has_controller + _NAMES_OF_SUBJECT * len(read.subjects)
    if body.count(b":") != names or _UNUSUAL in body or not 1 <= len(read.subjects) <= 10_000:
        return None
    controller = "" if read.controller is msgspec.UNSET else read.controller
    asked = Asked(read.purpose, read.destination, controller, None)
    if not _is_usual(asked, has_controller=has_controller):
        return None
    types = SUBJECT_TYPES
    try:
        return asked, [Identifier(types[one.type], one.id) for one in read.subjects if _has_length(one.id)]
    except KeyError:
        return None


def _has_length(value: str) -> bool:
    if 1 <= len(value) <= LONGEST_ID:
        return True
    raise KeyError


def _is_usual(asked: Asked, *, has_controller: bool) -> bool:
    """Whether every text is of a length that any reader takes."""
    resource_type = asked.resource_type
    return (
        1 <= len(asked.purpose) <= _LONGEST_NAME
        and 1 <= len(asked.destination) <= _LONGEST_NAME
        and has_controller <= len(asked.controller) <= _LONGEST_NAME
        and (resource_type is None or 1 <= len(resource_type) <= LONGEST_TYPE)
    )
