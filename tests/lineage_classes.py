"""Events made anew from the classes of OpenLineage's client: what these do not know cannot be in an event."""

import functools
import typing
from collections.abc import Iterator
from enum import Enum
from types import NoneType, UnionType
from typing import Any

import attrs
from openlineage.client import event_v2, facet_v2

_FACETS = {
    (event_v2.Run, "facets"): facet_v2.RunFacet,
    (event_v2.Job, "facets"): facet_v2.JobFacet,
    (event_v2.InputDataset, "facets"): facet_v2.DatasetFacet,
    (event_v2.OutputDataset, "facets"): facet_v2.DatasetFacet,
    (event_v2.InputDataset, "inputFacets"): facet_v2.InputDatasetFacet,
    (event_v2.OutputDataset, "outputFacets"): facet_v2.OutputDatasetFacet,
}
"""What kind of facet may stand where."""


def rebuild(event: dict[str, Any]) -> event_v2.RunEvent:
    """Return `event` as the client's own objects.

    :raises TypeError: if a field is unknown to its class, missing or of another type, or a facet is of no
        known class, or of one that may not stand there.
    """
    built = _build(event_v2.RunEvent, event)
    assert isinstance(built, event_v2.RunEvent)
    return built


def _build(cls: type, value: Any) -> Any:
    if not isinstance(value, dict):
        raise TypeError(f"{cls.__name__} is made of an object")
    hints = typing.get_type_hints(cls)
    fields = {field.name: field for field in attrs.fields(cls)}
    if unknown := set(value) - set(fields):
        raise TypeError(f"{cls.__name__} has no {unknown}")
    absent = {str(one.alias): None for one in fields.values() if isinstance(one.default, attrs.Factory)}  # type: ignore[arg-type]  # it is a class
    members = {name: member for name, member in value.items() if fields[name].init}
    given = {str(fields[name].alias): _member(cls, name, hints[name], one) for name, one in members.items()}
    return cls(**absent | given)


def _member(owner: type, name: str, hint: Any, value: Any) -> Any:
    if (owner, name) in _FACETS:
        return {key: _facet(_FACETS[owner, name], facet) for key, facet in value.items()}
    options = typing.get_args(hint) if isinstance(hint, UnionType) else (hint,)
    [option] = [one for one in options if one is not NoneType]
    return _value(option, value)


def _value(kind: Any, value: Any) -> Any:
    inner = typing.get_args(kind)
    if attrs.has(kind):
        return _build(kind, value)
    if issubclass(typing.get_origin(kind) or kind, Enum):
        return kind(value)
    if typing.get_origin(kind) is dict and isinstance(value, dict):
        return {key: _value(inner[1], one) for key, one in value.items()}
    if typing.get_origin(kind) in {list, tuple} and isinstance(value, list):
        return [_value(inner[0], one) for one in value]
    if type(value) is not kind:
        raise TypeError(f"{value} is not of type {kind}")
    return value


def _facet(kind: type, value: dict[str, Any]) -> Any:
    cls = _classes()[value["_schemaURL"]]
    if not issubclass(cls, kind):
        raise TypeError(f"{cls.__name__} may not stand where a {kind.__name__} does")
    return _build(cls, value)


@functools.cache
def _classes() -> dict[str, type]:
    return {cls._get_schema(): cls for cls in _subclasses(facet_v2.BaseFacet)}


def _subclasses(cls: type[facet_v2.BaseFacet]) -> Iterator[type[facet_v2.BaseFacet]]:
    yield cls
    for child in cls.__subclasses__():
        yield from _subclasses(child)
