"""The ledger's events as an auditor reads them: canonical JSON, the bytes that a leaf's hash is over."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.kernel.merkle import leaf_hash

SCHEMA = "accordant/event/1"
_EVENT_ID = re.compile(r"[a-z]{1,16}_[0-9a-f]{32}", re.ASCII)
_COMMITMENT = re.compile(r"[0-9a-f]{64}", re.ASCII)
_FIELDS: Mapping[str, tuple[type, ...]] = {
    "schema": (str,),
    "stream": (str,),
    "kind": (str,),
    "event_id": (str,),
    "recorded_at": (str,),
    "subject_ref": (str, type(None)),
    "subject_version": (int, type(None)),
    "body": (dict,),
    "private": (dict, type(None)),
}
_PRIVATE: Mapping[str, tuple[type, ...]] = {"commitment": (str,), "ciphertext_sha256": (str,)}


class MalformedEnvelope(AccordantError):
    """The bytes are not an event of the ledger as this version writes it."""

    code = "malformed_envelope"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One event of the ledger."""

    content: bytes
    """The canonical JSON, byte for byte."""
    stream: str
    kind: str
    event_id: str
    recorded_at: str
    subject_ref: str | None
    subject_version: int | None
    body: Mapping[str, Any]
    private: str | None
    """The commitment to the event's private part, in hex."""

    @property
    def leaf_hash(self) -> bytes:
        """The hash of the leaf that these bytes are (RFC 9162 section 2.1.1)."""
        return leaf_hash(self.content)


def read_envelope(content: bytes) -> Envelope:
    """Return the event in `content`.

    :raises MalformedEnvelope: if `content` is not canonical JSON, or a field is missing, unknown or of
        another type.
    """
    try:
        found = canonical.loads(content)
        is_canonical = canonical.dumps(found) == content
    except canonical.MalformedJson as error:
        raise MalformedEnvelope(f"the event is {error}") from error
    if not is_canonical or not has_types(found, _FIELDS) or found["schema"] != SCHEMA:
        raise MalformedEnvelope("the event is not written as this version writes one")
    if not _EVENT_ID.fullmatch(found["event_id"]):
        raise MalformedEnvelope("the event's id is none")
    names = _FIELDS.keys() - {"schema", "private"}
    return Envelope(
        content=content, private=_read_private(found["private"]), **{name: found[name] for name in names}
    )


def _read_private(found: Any) -> str | None:
    """Return the commitment to the private part."""
    if found is None:
        return None
    if not has_types(found, _PRIVATE) or not all(_COMMITMENT.fullmatch(digest) for digest in found.values()):
        raise MalformedEnvelope("what stands for the event's private part is no pair of SHA-256")
    return str(found["commitment"])


def has_types(value: Any, expected: Mapping[str, tuple[type, ...]]) -> bool:
    """Return whether `value` is an object with exactly the `expected` fields, each of one of its types."""
    return (
        isinstance(value, dict)
        and value.keys() == expected.keys()
        and all(type(value[name]) in types for name, types in expected.items())
    )
