"""The register as JSON, with a published schema."""

from typing import Any

import msgspec

from activation.desk.register.types import ProcessingRegister


def write_json(register: ProcessingRegister) -> bytes:
    """Return the register as JSON, in the order of its fields."""
    return msgspec.json.format(msgspec.json.encode(register), indent=2) + b"\n"


def register_schema() -> dict[str, Any]:
    """Return the JSON Schema of the exported JSON.

    New fields may be added: pass over what you do not know.
    """
    _, parts = msgspec.json.schema_components([ProcessingRegister], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Register of processing",
        "$ref": f"#/$defs/{ProcessingRegister.__name__}",
        "$defs": parts,
    }
