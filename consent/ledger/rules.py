"""What an entry's envelope holds."""

from datetime import datetime

from consent.kernel import canonical
from consent.ledger.types import NewEntry, Stream, rfc3339

SCHEMA = "accordant/event/1"


def seal(entry: NewEntry, *, stream: Stream, recorded_at: datetime) -> bytes:
    """Return the envelope of `entry` as canonical JSON (RFC 8785).

    Every column that the ledger keeps beside it, the index apart, stands in it too: a verifier needs
    only the envelope. The index is left out because it is not known when the envelope is made.

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
        }
    )
