"""What the ledger is told of choices, and of the signals that some were read from. Pure."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from consent.ledger.types import NewEntry, rfc3339
from consent.records.types import ChoiceRecord, NewChoice, NewSignal, NewSignals, SignalTaken
from consent.subjects.types import SubjectRef


def tell_choice(record: ChoiceRecord, claim: NewChoice, *, source: str) -> NewEntry:
    """Return the event of one recorded choice; the event bears the record's id."""
    body = {
        "purpose": record.purpose,
        "choice": record.choice.value,
        "controller": record.controller,
        "destination": record.destination,
        "notice": record.notice,
        "notice_version": record.notice_version,
        "method": claim.method,
        "form": claim.form,
        "effective_at": rfc3339(record.effective_at),
        "expires_at": _optional(record.expires_at),
        "explicit": record.explicit,
        "by_guardian": record.by_guardian,
        "after_conflict_notice": record.after_conflict_notice,
        "back_dated": record.back_dated,
        "refers_to": record.refers_to,
        "source": source,
    }
    return NewEntry("choice_recorded", body, record.subject_ref, record.version, event_id=record.record_id)


def tell_signal(
    taken: SignalTaken,
    signal: NewSignal,
    given: NewSignals,
    *,
    ref: SubjectRef,
    version: int,
    digest: str,
    mapping: Mapping[str, str] | None,
    source: str,
    data_key: bytes,
) -> NewEntry:
    """Return the event of one signal. What it says of its framework is open; its text is sealed."""
    body: dict[str, Any] = {
        "kind": signal.kind.value,
        "digest": digest,
        "controller": given.controller,
        "notice": given.notice,
        "notice_version": given.notice_version,
        "effective_at": rfc3339(signal.effective_at),
        "says": dict(signal.facts),
        "mapping": None if mapping is None else dict(mapping),
        "conflicts": [asdict(one) for one in taken.conflicts],
        "unread": [asdict(one) for one in taken.unread],
        "source": source,
    }
    return NewEntry(
        "signal_recorded",
        body,
        ref,
        version,
        event_id=taken.event_id,
        private={"text": signal.text},
        data_key=data_key,
    )


def _optional(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
