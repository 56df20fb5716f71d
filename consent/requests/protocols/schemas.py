"""The form of what protocols send: JSON Schemas of our own making, after the public specifications. Pure."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs

from consent.kernel import canonical
from consent.kernel.errors import AccordantError


class MessageMalformed(AccordantError):
    """What was sent is not in the form that the protocol gives. It is not repeated."""

    code = "message_malformed"
    status = 400


@cache
def load_schema(package: str, name: str) -> dict[str, Any]:
    """Return a schema that lies beside a protocol's code."""
    text = files(f"consent.requests.protocols.{package}").joinpath(f"{name}.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@cache
def _validator(package: str, name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(load_schema(package, name), validate_formats=True)


def read_object(content: bytes) -> dict[str, Any]:
    """Return the object that JSON holds, read as every parser reads it.

    :raises MessageMalformed: if it holds none.
    """
    try:
        read = canonical.loads(content)
    except canonical.MalformedJson:
        raise MessageMalformed("JSON is expected that every parser reads alike") from None
    if not isinstance(read, dict):
        raise MessageMalformed("an object is expected")
    return read


def check_form(message: object, package: str, name: str) -> None:
    """Return if `message` has the form of the schema.

    :raises MessageMalformed: if not. Only fields that the schema names are named.
    """
    error = next(_validator(package, name).iter_errors(message), None)
    if error is not None:
        known = load_schema(package, name)["properties"]
        first = str(error.instance_path[0]) if error.instance_path else ""
        where = first if first in known else "the message"
        raise MessageMalformed(f"{where} is missing something, or is not of the form that the protocol gives")


def keeps_form(message: object, package: str, name: str) -> bool:
    """Return whether `message` has the form of the schema."""
    return _validator(package, name).is_valid(message)
