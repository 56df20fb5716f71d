"""Reads of recorded signals."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from consent.ledger.queries import get_time
from consent.records.models import ConsentRecord, RecordedSignal
from consent.records.signals.holding import hold_against
from consent.records.signals.mappings import get_mapping
from consent.records.types import Choice, ChoiceRecord, SignalKind, SignalOnRecord, SignalText
from consent.signals.mapping.types import Conflict, Unread
from consent.subjects.private_parts import open_parts
from consent.subjects.queries import list_links, one_of
from consent.subjects.rules import group_refs
from consent.subjects.types import SubjectRef

_CHOSEN = (
    "record_id",
    "subject_id",
    "version",
    "purpose",
    "choice",
    "effective_at",
    "recorded_at",
    "controller",
    "expires_at",
    "back_dated",
    "refers_to",
    "method",
)


def list_signals(
    *, refs: Iterable[SubjectRef] | None = None, only_conflicts: bool = False, limit: int
) -> list[SignalOnRecord]:
    """Return signals of `refs`, without them of everybody, the latest first. One statement."""
    rows = RecordedSignal.objects.order_by("-recorded_at", "-event_id")
    if refs is not None:
        rows = rows.filter(subject__in=one_of(refs))
    if only_conflicts:
        rows = rows.exclude(conflicts=[])
    return [_read(row) for row in rows[:limit]]


def count_signals_in_conflict(*, since: datetime, most: int) -> int:
    """Return how many signals recorded from `since` on are in conflict; beyond `most`, one more than that.

    One statement, which reads no more of the index than that.
    """
    rows = RecordedSignal.objects.exclude(conflicts=[]).filter(recorded_at__gte=since)
    return rows.order_by("-recorded_at", "-event_id")[: most + 1].count()


def list_signal_texts(
    *,
    refs: Iterable[SubjectRef],
    kind: SignalKind,
    controller: str | None = None,
    at: datetime | None = None,
) -> Mapping[SubjectRef, SignalText]:
    """Return the latest signal of `kind` of each of `refs` that has one. A few statements, however many.

    The latest is the one that was made last. With `controller`, those given to it or to everybody. Whether it
    holds is weighed against what the person, with everybody linked to them, has on record. Of somebody who
    was erased there is none.

    :raises SubjectStateUnreadable: if a living subject's signal does not open.
    """
    rows = RecordedSignal.objects.filter(
        subject__in=one_of(refs), kind=kind, subject__erased_at__isnull=True
    ).order_by("subject", "-effective_at", "-version")
    if controller is not None:
        rows = rows.filter(controller__in=["", controller])
    latest = {SubjectRef(row.subject_id): row for row in rows.distinct("subject")}
    if not latest:
        return {}
    texts = open_parts({row.event_id: ref for ref, row in latest.items()})
    at = at or get_time()
    groups = _list_groups(latest)
    records, sources = _list_choices({one for group in groups.values() for one in group})
    mapping = get_mapping(at=at).mapping
    found = {}
    for ref, row in latest.items():
        said = [record for member in groups[ref] for record in records.get(member, ())]
        holds, noes_since = hold_against(said, _read(row), mapping=mapping, sources=sources, at=at)
        found[ref] = SignalText(
            text=texts[row.event_id]["text"],
            kind=kind,
            event_id=row.event_id,
            controller=row.controller or None,
            effective_at=row.effective_at,
            recorded_at=row.recorded_at,
            holds=holds,
            noes_since=noes_since,
        )
    return found


def list_sent_signals(*, refs: Iterable[SubjectRef]) -> list[tuple[SignalOnRecord, str]]:
    """Return all signals of `refs` with their texts, the oldest first: what the person gets of their own.

    :raises SubjectStateUnreadable: if one of a living subject does not open.
    """
    rows = list(
        RecordedSignal.objects.filter(subject__in=one_of(refs), subject__erased_at__isnull=True).order_by(
            "recorded_at", "subject", "version"
        )
    )
    texts = open_parts({row.event_id: SubjectRef(row.subject_id) for row in rows})
    return [(_read(row), texts[row.event_id]["text"]) for row in rows]


def get_signal_kinds(event_ids: Iterable[str]) -> dict[str, SignalKind]:
    """Return the kind of each of these ids that is a signal's. One statement; none without ids."""
    wanted = list(event_ids)
    if not wanted:
        return {}
    rows = RecordedSignal.objects.filter(pk__in=wanted).order_by("pk")
    return {event_id: SignalKind(kind) for event_id, kind in rows.values_list("event_id", "kind")}


def read_conflict(value: Mapping[str, str]) -> Conflict:
    """Return a conflict as it is stored."""
    return Conflict(**value)


def read_unread(value: Mapping[str, str]) -> Unread:
    """Return what came to nothing, as it is stored."""
    return Unread(**value)


def _read(row: RecordedSignal) -> SignalOnRecord:
    return SignalOnRecord(
        event_id=row.event_id,
        subject_ref=SubjectRef(row.subject_id),
        version=row.version,
        kind=SignalKind(row.kind),
        controller=row.controller or None,
        effective_at=row.effective_at,
        recorded_at=row.recorded_at,
        mapping_digest=row.mapping_digest,
        conflicts=tuple(map(read_conflict, row.conflicts)),
        unread=tuple(map(read_unread, row.unread)),
        source=row.source,
    )


def _list_groups(refs: Iterable[SubjectRef]) -> Mapping[SubjectRef, frozenset[SubjectRef]]:
    wanted = list(refs)
    links = [link for link in list_links(wanted) if link.unlinked_at is None]
    return group_refs(refs=wanted, links=links)


def _list_choices(
    refs: Iterable[SubjectRef],
) -> tuple[Mapping[SubjectRef, list[ChoiceRecord]], Mapping[str, str]]:
    """Return what each chose, other than for one destination, and the source of what came by a signal."""
    wanted = list(refs)
    rows = ConsentRecord.objects.filter(subject__in=one_of(wanted), destination="").order_by(
        "subject", "version"
    )
    signals = set(
        RecordedSignal.objects.filter(subject__in=one_of(wanted)).values_list("event_id", flat=True)
    )
    found: defaultdict[SubjectRef, list[ChoiceRecord]] = defaultdict(list)
    sources: dict[str, str] = {}
    for row in rows.values(*_CHOSEN):
        if row["refers_to"] in signals:
            sources[row["record_id"]] = row["method"]
        found[SubjectRef(row["subject_id"])].append(as_choice_record(row))
    return found, sources


def as_choice_record(row: Mapping[str, Any]) -> ChoiceRecord:
    """Return a choice that was made towards everybody at one controller, from its columns."""
    return ChoiceRecord(
        record_id=row["record_id"],
        subject_ref=row["subject_id"],
        version=row["version"],
        purpose=row["purpose"],
        choice=Choice(row["choice"]),
        effective_at=row["effective_at"],
        recorded_at=row["recorded_at"],
        controller=row["controller"] or None,
        expires_at=row["expires_at"],
        back_dated=row["back_dated"],
        refers_to=row["refers_to"] or None,
    )
