"""The settings of a destination, read as its kind asks for them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol, get_args, get_origin

import msgspec

from consent.kernel.errors import AccordantError

_PLACE = re.compile(r"(?:at `\$\.|field `)([^`.\[]+)")


class Described(Protocol):
    """What asks for settings: a kind of destination, or of subscription."""

    @property
    def slug(self) -> str:
        """What the settings are of."""
        ...

    @property
    def settings(self) -> type[Any]:
        """A frozen `msgspec.Struct` (`forbid_unknown_fields=True`)."""
        ...


class MalformedSettings(AccordantError):
    """The settings are not what the kind asks for. The message names the setting and what to write there."""

    code = "malformed_settings"


def read_settings(kind: Described, given: object) -> Any:
    """Return `given`, as JSON has it, as the settings of `kind`.

    :raises MalformedSettings: if one is unknown, missing or malformed.
    """
    if not isinstance(given, Mapping):
        raise MalformedSettings(f"write the settings of {kind.slug} as one JSON object")
    fields = describe_settings(kind)
    for name in given:
        if name not in fields:
            known = ", ".join(fields)
            raise MalformedSettings(f"{kind.slug} has no setting {_shown(name)}: it has {known}")
    try:
        return msgspec.convert(dict(given), kind.settings)
    except msgspec.ValidationError as error:
        raise MalformedSettings(_tell(str(error), fields)) from None


def describe_settings(kind: Described) -> dict[str, str]:
    """Return what each setting of the kind is to be, in words, by its name."""
    return {field.name: _describe(field) for field in msgspec.structs.fields(kind.settings)}


def list_required(kind: Described) -> frozenset[str]:
    """Return the names of the settings that must be there."""
    return frozenset(field.name for field in msgspec.structs.fields(kind.settings) if field.required)


def _shown(name: object) -> str:
    """Return a name that may be repeated, or what stands for one that may not."""
    return name if isinstance(name, str) and re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name) else "of that name"


def _tell(error: str, fields: Mapping[str, str]) -> str:
    found = _PLACE.search(error)
    name = found[1] if found else ""
    if error.startswith("Object missing"):
        return f"the setting {name} is missing: {fields.get(name, '')}"
    return f"the setting {name} is not one: {fields.get(name, '')}"


def _describe(field: Any) -> str:
    return "; ".join(_parts(field))


def _parts(field: Any) -> Iterator[str]:
    """Yield what the setting is, what may be written, and what holds if nothing is."""
    for told in _find_meta(field.type):
        if told.description:
            yield told.description
    if choices := _find_choices(field.type):
        yield "one of " + ", ".join(map(str, choices))
    if not field.required:
        yield f"if left out, {_tell_default(_default_of(field))}"


def _default_of(field: Any) -> object:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def _tell_default(default: object) -> str:
    return "none" if default is None or default in ("", [], {}) else str(msgspec.to_builtins(default))


def _find_meta(annotation: Any) -> Iterator[msgspec.Meta]:
    yield from (part for part in getattr(annotation, "__metadata__", ()) if isinstance(part, msgspec.Meta))


def _find_choices(annotation: Any) -> tuple[object, ...]:
    inner = getattr(annotation, "__origin__", annotation)
    return get_args(inner) if str(get_origin(inner)).endswith("Literal") else ()
