"""The JSON Schema of a certificate's file."""

from typing import Any

import msgspec

from consent.verifier.certificates.document import SCHEMA, ErasureCertificate


def certificate_schema() -> dict[str, Any]:
    """Return the schema of the JSON that a certificate is handed out as: these fields, and no more."""
    _, parts = msgspec.json.schema_components([ErasureCertificate], ref_template="#/$defs/{name}")
    for part in parts.values():
        part["required"] = sorted(part["properties"])
        part["additionalProperties"] = False
        for field in part["properties"].values():
            field.pop("default", None)
    parts[ErasureCertificate.__name__]["properties"]["schema"] = {"const": SCHEMA}
    parts[ErasureCertificate.__name__]["required"] += ["schema"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Certificate of erasure",
        "type": "object",
        "properties": {
            "certificate": {"$ref": f"#/$defs/{ErasureCertificate.__name__}"},
            "signature": {
                "type": "object",
                "properties": {"key": {"type": "string"}, "value": {"type": "string"}},
                "required": ["key", "value"],
                "additionalProperties": False,
            },
        },
        "required": ["certificate", "signature"],
        "additionalProperties": False,
        "$defs": parts,
    }
