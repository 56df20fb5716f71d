"""What one leaf must be: its envelope's hash and canonical form, and columns that say what it says."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from consent.kernel import canonical
from consent.kernel.merkle import leaf_hash
from consent.ledger.rules import SCHEMA
from consent.ledger.types import Finding, LedgerEntry, VerifiedEvent, rfc3339

_FIELDS = frozenset(
    {
        "schema",
        "stream",
        "kind",
        "event_id",
        "recorded_at",
        "subject_ref",
        "subject_version",
        "body",
        "private",
    }
)


def name_leaf(entry: LedgerEntry) -> str:
    """Return how findings name the entry."""
    return f"leaf {entry.index} ({entry.kind} {entry.event_id})"


def check_leaf(entry: LedgerEntry) -> tuple[VerifiedEvent | None, list[Finding]]:
    """Return the event in the entry's envelope, None if it holds none, and what is wrong with the entry."""
    where = name_leaf(entry)
    findings = []
    if leaf_hash(entry.envelope) != entry.leaf_hash:
        findings.append(Finding(where, "its envelope is not the one its hash is over"))
    envelope = _read(entry.envelope)
    if envelope is None:
        return None, [*findings, Finding(where, "its envelope is no canonical JSON of this schema")]
    findings += [
        Finding(where, f"the column {name} does not say what its envelope says")
        for name, value in _columns(entry).items()
        if envelope[name] != value
    ]
    return VerifiedEvent(entry.index, entry.event_id, entry.kind, envelope), findings


def check_private_parts(
    events: Iterable[VerifiedEvent], stored: Mapping[str, tuple[str, bytes]]
) -> Iterator[Finding]:
    """Yield what is wrong with the stored private parts (subject, ciphertext) of these events."""
    for event in events:
        part, found = event.envelope["private"], stored.get(event.event_id)
        where = f"the private part of leaf {event.index} ({event.kind} {event.event_id})"
        if part is None:
            if found is not None:
                yield Finding(where, "the event has none")
        elif found is None:
            yield Finding(where, "it is missing")
        elif hashlib.sha256(found[1]).hexdigest() != part["ciphertext_sha256"]:
            yield Finding(where, "its ciphertext was changed")
        elif found[0] != event.envelope["subject_ref"]:
            yield Finding(where, "its column subject_ref is not the event's")


def find_left_parts(
    pruned: Iterable[LedgerEntry], stored: Mapping[str, tuple[str, bytes]]
) -> Iterator[Finding]:
    """Yield the stored private parts of leaves whose content is gone: both go together."""
    for entry in pruned:
        if entry.event_id in stored:
            yield Finding(f"the private part of {name_leaf(entry)}", "it should have gone with the envelope")


def _read(envelope: bytes) -> dict[str, Any] | None:
    """Return the envelope's fields if writing them again gives the same bytes: no two readers can differ."""
    try:
        value = json.loads(envelope)
        is_canonical = canonical.dumps(value) == envelope
    except (ValueError, canonical.MalformedJson, RecursionError):
        return None
    if not is_canonical or not isinstance(value, dict) or value.keys() != _FIELDS:
        return None
    return value if value["schema"] == SCHEMA else None


def _columns(entry: LedgerEntry) -> dict[str, object]:
    return {
        "stream": entry.stream.value,
        "kind": entry.kind,
        "event_id": entry.event_id,
        "recorded_at": rfc3339(entry.recorded_at),
        "subject_ref": entry.subject_ref,
        "subject_version": entry.subject_version,
    }
