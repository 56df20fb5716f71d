"""Reading the requests of the AuthZEN Authorization API 1.0. Members that it does not know are ignored."""

from collections.abc import Mapping, Sequence
from typing import Any

from activation.checks.wire.errors import Fault, MalformedRequest, TooManyItems
from activation.checks.wire.members import Members, open_body
from activation.checks.wire.parts import (
    Entity,
    Terms,
    read_action,
    read_context,
    read_entity,
    read_identifier,
)
from activation.checks.wire.types import Asked, AskedMany, AskedPage, AskedSearch, ItemError, Semantic

MAX_EVALUATION_BYTES = 64 * 1024
MAX_EVALUATIONS_BYTES = 4 * 1024 * 1024
MAX_EVALUATIONS = 1_000
MAX_TIMES = 16
"""How many different `as_of` one request may name: each may have another policy."""
_ENTITIES = ("subject", "action", "resource", "context")
_NO_DEFAULTS: Mapping[str, Any] = {}


def read_evaluation(body: bytes) -> Asked:
    """Return the question that `body` asks.

    :raises BodyTooLarge: if it is too long; :raises MalformedJson: if it is no JSON.
    :raises MalformedRequest: with every fault of it.
    """
    return _read_whole(open_body(body, limit=MAX_EVALUATION_BYTES))


def read_evaluations(body: bytes) -> AskedMany:
    """Return the questions that `body` asks. What is wrong with one of several stands in its place.

    :raises BodyTooLarge: if it is too long; :raises MalformedJson: if it is no JSON.
    :raises TooManyItems: if it asks more than `MAX_EVALUATIONS`.
    :raises MalformedRequest: with every fault of the request as a whole.
    """
    value = open_body(body, limit=MAX_EVALUATIONS_BYTES)
    faults: list[Fault] = []
    members = Members(value, path="", faults=faults)
    items = members.list("evaluations")
    semantic = _read_semantic(members)
    if not items and not faults:
        return AskedMany(items=(_read_whole(value),), is_single=True)
    for name in _ENTITIES:
        members.object(name)
    if faults:
        raise MalformedRequest(faults)
    return AskedMany(items=_read_items(value, items or ()), semantic=semantic)


def read_subject_search(body: bytes) -> AskedSearch:
    """Return the question whose subjects are searched for.

    :raises BodyTooLarge: if it is too long; :raises MalformedJson: if it is no JSON.
    :raises MalformedRequest: with every fault of it.
    """
    return _read_search(body, "subject")


def read_resource_search(body: bytes) -> AskedSearch:
    """Return the question whose resources are searched for; raises as `read_subject_search` does."""
    return _read_search(body, "resource")


def read_action_search(body: bytes) -> AskedSearch:
    """Return the question whose actions are searched for; raises as `read_subject_search` does."""
    return _read_search(body, "action")


def _read_semantic(members: Members) -> Semantic:
    options = Members(members.object("options") or {}, path="/options", faults=members.faults)
    name = options.text("evaluations_semantic")
    if name is not None and name not in list(Semantic):
        options.fault("evaluations_semantic", "malformed_value", f"must be one of {', '.join(Semantic)}")
        return Semantic.EXECUTE_ALL
    return Semantic(name) if name else Semantic.EXECUTE_ALL


def _read_whole(value: Mapping[str, Any]) -> Asked:
    faults: list[Fault] = []
    asked = _Reader(_NO_DEFAULTS).read(value, path="", faults=faults)
    if faults:
        raise MalformedRequest(faults)
    return asked


def _read_items(value: Mapping[str, Any], items: Sequence[Any]) -> tuple[Asked | ItemError, ...]:
    if len(items) > MAX_EVALUATIONS:
        raise TooManyItems(MAX_EVALUATIONS)
    reader = _Reader({name: value[name] for name in _ENTITIES if name in value})
    read = tuple(_read_item(reader, item, f"/evaluations/{place}") for place, item in enumerate(items))
    if len({one.question.as_of for one in read if isinstance(one, Asked)}) > MAX_TIMES:
        told = f"must not name more than {MAX_TIMES} different as_of"
        raise MalformedRequest([Fault("/evaluations", "too_many", told)])
    return read


def _read_item(reader: "_Reader", item: Any, path: str) -> Asked | ItemError:
    if not isinstance(item, dict):
        return ItemError("invalid_request", f"{path}: must be an object")
    faults: list[Fault] = []
    asked = reader.read(item, path=path, faults=faults)
    if faults:
        return ItemError("invalid_request", "; ".join(f"{one.path}: {one.message}" for one in faults))
    return asked


class _Reader:
    """Reads evaluations; an entity that one of them leaves out is the default's, whole."""

    def __init__(self, defaults: Mapping[str, Any]) -> None:
        self._defaults = defaults
        self._read: dict[str, tuple[Any, list[Fault]]] = {}

    def read(self, item: Mapping[str, Any], *, path: str, faults: list[Fault]) -> Asked:
        """Return the question that `item` asks, with its faults added to `faults`."""
        subject: Entity = self._part("subject", item, path, faults)
        action: Entity = self._part("action", item, path, faults)
        resource: Entity = self._part("resource", item, path, faults)
        terms: Terms = self._part("context", item, path, faults)
        properties = {**subject.properties, **action.properties, **resource.properties}
        return Asked(
            identifier=read_identifier(subject.type, subject.id),
            question=terms.to_question(action.id, resource.id, properties),
            subject_type=subject.type,
            resource_type=resource.type,
            token=terms.token,
            explain=terms.explain,
            shadow=terms.shadow,
        )

    def _part(self, name: str, item: Mapping[str, Any], path: str, faults: list[Fault]) -> Any:
        if name in item or name not in self._defaults:
            return _read_part(name, item.get(name), f"{path}/{name}", faults)
        if name not in self._read:  # what many share is read once
            own: list[Fault] = []
            self._read[name] = _read_part(name, self._defaults[name], f"/{name}", own), own
        part, own = self._read[name]
        faults.extend(own)
        return part


def _read_part(name: str, value: Any, path: str, faults: list[Fault]) -> Entity | Terms:
    if name == "context":
        return read_context(value, path=path, faults=faults)
    if name == "action":
        return read_action(value, path=path, faults=faults)
    return read_entity(value, name, path=path, faults=faults)


def _read_search(body: bytes, wanted: str) -> AskedSearch:
    value = open_body(body, limit=MAX_EVALUATION_BYTES)
    faults: list[Fault] = []
    subject = read_entity(
        value.get("subject"), "subject", path="/subject", faults=faults, open_id=wanted == "subject"
    )
    resource = read_entity(
        value.get("resource"), "resource", path="/resource", faults=faults, open_id=wanted == "resource"
    )
    is_named = wanted != "action"
    action = (
        read_action(value.get("action"), path="/action", faults=faults) if is_named else Entity("", "", {})
    )
    terms = read_context(value.get("context"), path="/context", faults=faults)
    page = _read_page(Members(value, path="", faults=faults))
    if faults:
        raise MalformedRequest(faults)
    properties = {**subject.properties, **action.properties, **resource.properties}
    return AskedSearch(
        subject_type=subject.type,
        identifier=None if wanted == "subject" else read_identifier(subject.type, subject.id),
        question=terms.to_question(action.id, resource.id, properties),
        resource_type=resource.type,
        token=terms.token,
        page=page,
        entities={name: value[name] for name in _ENTITIES if name in value},
    )


def _read_page(members: Members) -> AskedPage:
    page = Members(members.object("page") or {}, path="/page", faults=members.faults)
    return AskedPage(page.text("token", longest=2_000), page.count("limit"))
