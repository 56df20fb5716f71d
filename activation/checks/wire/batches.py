"""Reading the request of `POST /api/v1/checks`: one question about many people."""

from collections.abc import Mapping
from typing import Any

from activation.checks.wire.errors import Fault, MalformedRequest, TooManyItems
from activation.checks.wire.members import Members, open_body
from activation.checks.wire.parts import (
    LONGEST_ID,
    LONGEST_TYPE,
    read_dotted_properties,
    read_identifier,
    read_terms,
)
from activation.checks.wire.types import AskedBatch, ItemError
from consent.subjects.types import Identifier

MAX_CHECKS_BYTES = 4 * 1024 * 1024
MAX_SUBJECTS = 10_000
MAX_EXPLAINED = 1_000
"""How many answers one request may have kept."""

_KNOWN = frozenset(
    {
        "purpose",
        "destination",
        "controller",
        "data_categories",
        "jurisdiction",
        "properties",
        "as_of",
        "known_at",
        "at_least",
        "max_staleness_s",
        "explain",
        "shadow",
        "subjects",
    }
)
_SUBJECT = {"type", "id"}


def read_checks(body: bytes) -> AskedBatch:
    """Return the question that `body` asks, and of whom. A subject that is malformed has its error in place.

    :raises BodyTooLarge: if it is too long; :raises MalformedJson: if it is no JSON.
    :raises TooManyItems: if it asks of more than `MAX_SUBJECTS`, or, explained, of more than `MAX_EXPLAINED`.
    :raises MalformedRequest: with every fault of the request as a whole.
    """
    faults: list[Fault] = []
    members = Members(open_body(body, limit=MAX_CHECKS_BYTES), path="", faults=faults)
    members.refuse_unknown(_KNOWN)
    purpose, destination = members.required_text("purpose"), members.required_text("destination")
    terms, properties = read_terms(members), read_dotted_properties(members)
    subjects = members.list("subjects")
    if not subjects and not faults:
        members.fault("subjects", "missing_field", "must hold at least one subject")
    if faults or subjects is None:
        raise MalformedRequest(faults)
    most = MAX_EXPLAINED if terms.explain else MAX_SUBJECTS
    if len(subjects) > most:
        raise TooManyItems(most)
    return AskedBatch(
        subjects=tuple(map(_read_subject, subjects)),
        question=terms.to_question(purpose, destination, properties),
        token=terms.token,
        explain=terms.explain,
        shadow=terms.shadow,
    )


def _read_subject(value: Any) -> Identifier | ItemError:
    """Return the identifier in one entry of the list; the error if it holds none."""
    if not isinstance(value, dict) or value.keys() != _SUBJECT:
        return ItemError("malformed_subject", "must be an object with type and id, and nothing else")
    return _read_identifier(value)


def _read_identifier(value: Mapping[str, Any]) -> Identifier | ItemError:
    kind, identity = value["type"], value["id"]
    if type(kind) is not str or type(identity) is not str:
        return ItemError("malformed_subject", "type and id must be strings")
    if not 1 <= len(kind) <= LONGEST_TYPE or not 1 <= len(identity) <= LONGEST_ID:
        return ItemError("malformed_subject", f"id must have 1 to {LONGEST_ID} characters, and type a few")
    return read_identifier(kind, identity)
