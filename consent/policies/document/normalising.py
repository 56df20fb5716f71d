"""One text for one meaning: what a document need not say is left out."""

from collections.abc import Mapping
from typing import Any

from consent.policies.document.schema import load_schema, resolve


def normalise(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return `document` without the optional fields that say their default, which a missing field means.

    What departs from the schema is kept as it is: to tell of it is the validation's task.
    """
    kept: dict[str, Any] = _without_defaults(document, load_schema())
    return kept


def _without_defaults(value: Any, schema: Mapping[str, Any]) -> Any:
    schema = resolve(schema)
    if isinstance(value, list):
        return [_without_defaults(item, schema.get("items", {})) for item in value]
    if not isinstance(value, Mapping):
        return value
    declared = schema.get("properties")
    if declared is None:
        return {name: _without_defaults(item, _inner(schema)) for name, item in value.items()}
    fields = {name: _without_defaults(item, declared.get(name, {})) for name, item in value.items()}
    return {name: item for name, item in fields.items() if not _is_default(item, declared.get(name, {}))}


def _inner(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = schema.get("additionalProperties")
    return inner if isinstance(inner, Mapping) else {}


def _is_default(value: Any, schema: Mapping[str, Any]) -> bool:
    if "default" not in schema:
        return False
    default = schema["default"]
    return type(value) is type(default) and bool(value == default)
