"""What an entry's envelope holds."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from consent.kernel import canonical, sealing
from consent.kernel.sealing import SealedPart
from consent.ledger.types import NewEntry, Stream, rfc3339

SCHEMA = "accordant/event/1"


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event as the ledger keeps it, and its private part, which is kept beside it."""

    content: bytes
    """Canonical JSON (RFC 8785)."""
    ciphertext: bytes | None


def seal_entry(entry: NewEntry, *, stream: Stream, recorded_at: datetime) -> Envelope:
    """Return the envelope of `entry`, its private part sealed.

    :raises MalformedJson: if the body or the private part holds what canonical JSON cannot express.
    :raises ValueError: if there is a private part, and no subject or no data key to seal it under.
    """
    if entry.private is None:
        return Envelope(write_envelope(entry, stream=stream, recorded_at=recorded_at, part=None), None)
    if entry.data_key is None or entry.subject_ref is None:
        raise ValueError("a private part is sealed under the data key of the event's subject")
    part = sealing.seal(
        entry.private, key=entry.data_key, subject_ref=entry.subject_ref, event_id=entry.event_id
    )
    content = write_envelope(entry, stream=stream, recorded_at=recorded_at, part=part)
    return Envelope(content, part.ciphertext)


def write_envelope(
    entry: NewEntry, *, stream: Stream, recorded_at: datetime, part: SealedPart | None
) -> bytes:
    """Return the envelope of `entry` as canonical JSON (RFC 8785).

    Every column that the ledger keeps beside it, the index apart, stands in it too: a verifier needs
    only the envelope. The index is left out because it is not known when the envelope is made. `private`
    is null, or the commitment to the private part, and the digest of its ciphertext: whoever has not the
    data key can still tell that it was not changed.

    :raises MalformedJson: if the body holds something that canonical JSON cannot express.
    """
    return canonical.dumps(
        {
            "schema": SCHEMA,
            "stream": stream.value,
            "kind": entry.kind,
            "event_id": entry.event_id,
            "recorded_at": rfc3339(recorded_at),
            "subject_ref": entry.subject_ref,
            "subject_version": entry.subject_version,
            "body": entry.body,
            "private": part
            and {
                "commitment": part.commitment.hex(),
                "ciphertext_sha256": hashlib.sha256(part.ciphertext).hexdigest(),
            },
        }
    )
