"""What the ledger is told of choices. Pure."""

from datetime import datetime

from consent.ledger.types import NewEntry, rfc3339
from consent.records.types import ChoiceRecord, NewChoice


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


def _optional(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
