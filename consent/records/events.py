"""What the ledger is told of choices, facts and links. Pure."""

from datetime import datetime

from consent.ledger.types import NewEntry, rfc3339
from consent.records.types import ChoiceRecord, NewChoice
from consent.subjects.types import Fact, Link


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


def tell_fact(fact_id: str, fact: Fact, *, source: str) -> NewEntry:
    """Return the event of one recorded fact; the event bears the fact's id."""
    body = {
        "name": fact.name.value,
        "value": fact.value,
        "controller": fact.controller,
        "effective_at": rfc3339(fact.effective_at),
        "until": _optional(fact.until),
        "source": source,
    }
    return NewEntry("fact_recorded", body, fact.subject_ref, fact.version, event_id=fact_id)


def tell_link(link: Link, *, version: int, source: str) -> NewEntry:
    """Return the event of two subjects found to be one person; it counts in the versions of the left one."""
    body = {
        "left": link.left,
        "right": link.right,
        "linked_at": rfc3339(link.linked_at),
        "provenance": source,
    }
    return NewEntry("subjects_linked", body, link.left, version)


def _optional(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
