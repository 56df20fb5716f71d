"""Reading the parts that questions are made of: subject, action, resource and context."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from activation.checks.wire.errors import Fault
from activation.checks.wire.members import Members
from activation.checks.wire.types import ItemError
from activation.decisions.types import PropertyValue, Question
from consent.subjects.types import Identifier, IdentifierKind

SUBJECT_TYPES: Mapping[str, IdentifierKind] = {kind.value: kind for kind in IdentifierKind} | {
    "user": IdentifierKind.USER_ID  # the word of the standard's own examples
}
LONGEST_TYPE = 64
LONGEST_ID = 320
_LONGEST_CONTROLLER = 64
_LONGEST_TOKEN = 1_000
_MOST_PROPERTIES = 100
_PARTS = ("subject.", "action.", "resource.")

Properties = Mapping[str, PropertyValue | None]


@dataclass(frozen=True, slots=True)
class Entity:
    """A subject, an action or a resource. An action has no `type`; what is searched for, no `id`."""

    type: str
    id: str
    properties: Properties


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How to decide, and how to answer."""

    controller: str = ""
    data_categories: frozenset[str] | None = None
    jurisdiction: str | None = None
    as_of: datetime | None = None
    known_at: datetime | None = None
    max_staleness: timedelta | None = None
    token: str | None = None
    explain: bool = False
    shadow: bool = False

    def to_question(self, purpose: str, destination: str, properties: Properties) -> Question:
        """Return the question about `purpose` and `destination` on these terms."""
        return Question(
            purpose=purpose,
            destination=destination,
            controller=self.controller,
            data_categories=self.data_categories,
            jurisdiction_hint=self.jurisdiction,
            properties=properties,
            as_of=self.as_of,
            known_at=self.known_at,
            max_staleness=self.max_staleness,
        )


NO_TERMS = Terms()


def read_entity(value: Any, name: str, *, path: str, faults: list[Fault], open_id: bool = False) -> Entity:
    """Return the subject or the resource that `value` holds; with `open_id`, its `id` is not looked at."""
    if not isinstance(value, dict):
        return _not_there(value, path, faults)
    members = Members(value, path=path, faults=faults)
    kind = members.required_text("type", longest=LONGEST_TYPE)
    identity = "" if open_id else members.required_text("id", longest=LONGEST_ID)
    return Entity(kind, identity, _read_properties(members, name))


def read_action(value: Any, *, path: str, faults: list[Fault]) -> Entity:
    """Return the action that `value` holds."""
    if not isinstance(value, dict):
        return _not_there(value, path, faults)
    members = Members(value, path=path, faults=faults)
    return Entity("", members.required_text("name"), _read_properties(members, "action"))


def read_context(value: Any, *, path: str, faults: list[Fault]) -> Terms:
    """Return the terms in a context, of which members that are not ours are ignored."""
    if value is None:
        return NO_TERMS
    if not isinstance(value, dict):
        faults.append(Fault(path, "wrong_type", "must be an object"))
        return NO_TERMS
    return read_terms(Members(value, path=path, faults=faults))


def read_terms(members: Members) -> Terms:
    """Return the terms among the members of an object."""
    return Terms(
        controller=members.text("controller", longest=_LONGEST_CONTROLLER) or "",
        data_categories=members.names("data_categories"),
        jurisdiction=members.jurisdiction("jurisdiction"),
        as_of=members.time("as_of"),
        known_at=members.time("known_at"),
        max_staleness=members.seconds("max_staleness_s"),
        token=members.text("at_least", longest=_LONGEST_TOKEN),
        explain=members.flag("explain"),
        shadow=members.flag("shadow"),
    )


def read_identifier(subject_type: str, value: str) -> Identifier | ItemError:
    """Return the identifier of that kind; the error if there is no such kind."""
    kind = SUBJECT_TYPES.get(subject_type)
    if kind is None:
        return ItemError("unknown_subject_type", f"the type must be one of {', '.join(SUBJECT_TYPES)}")
    return Identifier(kind, value)


def read_dotted_properties(members: Members) -> Properties:
    """Return the request properties that an object gives by dotted name."""
    given = members.object("properties") or {}
    if not all(name.startswith(_PARTS) and isinstance(value, _SCALARS) for name, value in given.items()):
        parts = ", ".join(f"{part}…" for part in _PARTS)
        members.fault(
            "properties", "malformed_value", f"must give {parts} a text, a number or a truth value each"
        )
    return _bounded(members, given)


_SCALARS = (str, int, float)  # a truth value is an int


def _read_properties(members: Members, name: str) -> Properties:
    """Return an entity's properties by dotted name; None for what is no text, number or truth value."""
    given = members.object("properties")
    if not given:
        return {}
    return {
        f"{name}.{key}": value if isinstance(value, _SCALARS) else None
        for key, value in _bounded(members, given).items()
    }


def _bounded(members: Members, given: Mapping[str, Any]) -> Mapping[str, Any]:
    if len(given) > _MOST_PROPERTIES:
        members.fault("properties", "too_many", f"must hold at most {_MOST_PROPERTIES}")
        return {}
    return given


def _not_there(value: Any, path: str, faults: list[Fault]) -> Entity:
    if value is None:
        faults.append(Fault(path, "missing_field", "must be given"))
    else:
        faults.append(Fault(path, "wrong_type", "must be an object"))
    return Entity("", "", {})
