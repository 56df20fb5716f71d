"""A person's own events, a page at a time, in the terms of the policy in force."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consent.records.queries import get_signal_kinds, list_latest_records
from consent.records.types import ANY_PURPOSE, ChoiceRecord, SignalKind
from consent.subjects.types import SubjectRef

AT_ONCE = 20
MOST_PAGES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that was said, or done about what was said."""

    record_id: str
    at: datetime
    recorded_at: datetime
    choice: str
    purpose: str
    """What the purpose is called; empty if it was about all."""
    notice: str
    notice_version: int | None
    destination: str
    """What the one recipient is called that it was about; empty for all."""
    by: str
    """The kind of signal that it came by; empty: the person said it themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """Some events, the latest first."""

    events: tuple[Event, ...]
    number: int
    has_more: bool


def read_page(refs: Collection[SubjectRef], number: int, document: Mapping[str, Any]) -> HistoryPage:
    """Return page `number`, counted from 1, of what `refs` said."""
    found = list_latest_records(refs=refs, offset=(number - 1) * AT_ONCE, limit=AT_ONCE + 1)
    kinds = get_signal_kinds(one.refers_to for one in found if one.refers_to)
    return HistoryPage(
        events=tuple(_event(one, document, kinds) for one in found[:AT_ONCE]),
        number=number,
        has_more=len(found) > AT_ONCE and number < MOST_PAGES,
    )


def read_number(text: str) -> int:
    """Return the number of a page; 1 for what is none."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 1
    return min(max(number, 1), MOST_PAGES)


def _event(record: ChoiceRecord, document: Mapping[str, Any], kinds: Mapping[str, SignalKind]) -> Event:
    return Event(
        record_id=record.record_id,
        at=record.effective_at,
        recorded_at=record.recorded_at,
        choice=record.choice.value,
        purpose="" if record.purpose == ANY_PURPOSE else _title(document, "purposes", record.purpose),
        notice=_title(document, "notices", record.notice) if record.notice else "",
        notice_version=record.notice_version,
        destination=_title(document, "destinations", record.destination) if record.destination else "",
        by=kinds.get(record.refers_to or "", ""),
    )


def _title(document: Mapping[str, Any], section: str, slug: str) -> str:
    return str(document.get(section, {}).get(slug, {}).get("title", slug))
