"""Reads of consent records."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db.models.expressions import RawSQL

from consent.policies.queries import get_policy_in_force
from consent.records.copies import check_records, find_untold_records
from consent.records.history import list_in_force
from consent.records.models import ConsentRecord, CurrentChoice
from consent.records.rules.vocabulary import read_vocabulary
from consent.records.signals.mappings import MappingUnreadable, get_mapping, get_mapping_text
from consent.records.signals.outcomes import (
    get_kinds_of_records,
    list_choices_of_signals,
    list_texts_of_signals,
)
from consent.records.signals.reads import (
    count_signals_in_conflict,
    get_signal_kinds,
    list_sent_signals,
    list_signal_texts,
    list_signals,
)
from consent.records.timeline import RecordedChoice, list_records_from
from consent.records.types import NO, YES, Choice, ChoiceInForce, ChoiceRecord, Vocabulary
from consent.subjects.queries import one_of
from consent.subjects.types import SubjectRef

__all__ = [
    "MappingUnreadable",
    "RecordedChoice",
    "check_records",
    "count_signals_in_conflict",
    "find_untold_records",
    "get_kinds_of_records",
    "get_mapping",
    "get_mapping_text",
    "get_signal_kinds",
    "get_vocabulary",
    "list_choices_of_signals",
    "list_records",
    "list_records_from",
    "list_sent_signals",
    "list_signal_texts",
    "list_signals",
    "list_texts_of_signals",
]

_COLUMNS = (
    "record_id",
    "subject_id",
    "version",
    "purpose",
    "choice",
    "effective_at",
    "recorded_at",
    "controller",
    "destination",
    "notice",
    "notice_version",
    "expires_at",
    "explicit",
    "by_guardian",
    "after_conflict_notice",
    "back_dated",
    "refers_to",
)
_NO_BOUND = datetime.max.replace(tzinfo=UTC)
_UNSAID_IS_EMPTY = ("controller", "destination", "notice", "refers_to")


def list_records(*, refs: Iterable[SubjectRef]) -> dict[SubjectRef, tuple[ChoiceRecord, ...]]:
    """Return all records of `refs`, each subject's in the order of its versions. One statement."""
    rows = ConsentRecord.objects.filter(subject__in=one_of(refs)).order_by("subject", "version")
    found: defaultdict[SubjectRef, list[ChoiceRecord]] = defaultdict(list)
    for row in rows.values(*_COLUMNS):
        found[SubjectRef(row["subject_id"])].append(_read(row))
    return {ref: tuple(records) for ref, records in found.items()}


def list_records_after(*, ref: SubjectRef, after: int, limit: int) -> list[ChoiceRecord]:
    """Return the next `limit` records of one subject behind its version `after`; 0 starts. One statement."""
    rows = ConsentRecord.objects.filter(subject=ref, version__gt=after).order_by("version", "pk")
    return [_read(row) for row in rows.values(*_COLUMNS)[:limit]]


def list_records_by_id(record_ids: Iterable[str]) -> list[ChoiceRecord]:
    """Return the records of these ids, by subject and version. One statement."""
    wanted = RawSQL("SELECT unnest(%s::varchar[])", [list(record_ids)])
    rows = ConsentRecord.objects.filter(record_id__in=wanted).order_by("subject", "version")
    return [_read(row) for row in rows.values(*_COLUMNS)]


def list_latest_records(*, refs: Iterable[SubjectRef], offset: int, limit: int) -> list[ChoiceRecord]:
    """Return `limit` records of `refs` behind the `offset` latest ones, the latest first. One statement."""
    rows = ConsentRecord.objects.filter(subject__in=one_of(refs)).order_by("-recorded_at", "-version", "pk")
    return [_read(row) for row in rows.values(*_COLUMNS)[offset : offset + limit]]


def has_record(*, refs: Iterable[SubjectRef], record_id: str) -> bool:
    """Return whether one of `refs` has that record. One statement."""
    return ConsentRecord.objects.filter(subject__in=one_of(refs), record_id=record_id).exists()


def list_last_words(
    *, refs: Iterable[SubjectRef], purposes: Iterable[str], controller: str
) -> dict[str, ChoiceRecord]:
    """Return the last yes or no of their own that `refs` said at each of `purposes`. One statement.

    A signal of their browser's that came later does not hide it, as it does in what is in force.
    """
    own = sorted((YES | NO) - {Choice.SIGNAL})
    rows = ConsentRecord.objects.filter(
        subject__in=one_of(refs), purpose__in=list(purposes), controller=controller, choice__in=own
    )
    latest = rows.order_by("purpose", "-effective_at", "-version", "pk").distinct("purpose")
    return {row["purpose"]: _read(row) for row in latest.values(*_COLUMNS)}


_CURRENT_COLUMNS = (
    "subject_id",
    "purpose",
    "controller",
    "destination",
    "record_id",
    "choice",
    "effective_at",
    "version",
    "recorded_at",
    "expires_at",
    "notice",
    "notice_version",
    "back_dated",
    "reviewed",
)


def list_current(refs: Iterable[SubjectRef]) -> list[ChoiceInForce]:
    """Return the choices in force of `refs` as the projection has them, by subject and key. One statement."""
    rows = CurrentChoice.objects.filter(subject__in=one_of(refs)).order_by(*_CURRENT_COLUMNS[:4])
    return [
        ChoiceInForce(
            subject_ref=ref,
            purpose=purpose,
            controller=controller or None,
            destination=destination or None,
            record_id=record_id,
            choice=Choice(choice),
            effective_at=effective_at,
            version=version,
            recorded_at=recorded_at,
            expires_at=expires_at,
            notice=notice or None,
            notice_version=notice_version,
            back_dated=back_dated,
            reviewed=reviewed,
        )
        for (
            ref,
            purpose,
            controller,
            destination,
            record_id,
            choice,
            effective_at,
            version,
            recorded_at,
            expires_at,
            notice,
            notice_version,
            back_dated,
            reviewed,
        ) in rows.values_list(*_CURRENT_COLUMNS)
    ]


def list_choices(
    *,
    refs: Iterable[SubjectRef],
    at: datetime,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> dict[SubjectRef, tuple[ChoiceInForce, ...]]:
    """Return the choices in force of `refs`, by purpose, controller and destination; `at` is the present.

    With `as_of`, those in force then; with `known_at`, by what was recorded until then. A subject that
    chose nothing is left out. One statement, two if somebody's clock runs ahead of ours.
    """
    wanted = list(refs)
    if as_of is not None or known_at is not None:
        return _by_subject(list_in_force(refs=wanted, as_of=as_of or at, known_at=known_at or at))
    found = list_current(wanted)
    early = {SubjectRef(choice.subject_ref) for choice in found if choice.effective_at > at}
    if early:
        found = [choice for choice in found if choice.subject_ref not in early]
        found += list_in_force(refs=early, as_of=at, known_at=_NO_BOUND)
    return _by_subject(found)


def _by_subject(choices: Iterable[ChoiceInForce]) -> dict[SubjectRef, tuple[ChoiceInForce, ...]]:
    found: defaultdict[SubjectRef, list[ChoiceInForce]] = defaultdict(list)
    for choice in sorted(choices, key=_place):
        found[SubjectRef(choice.subject_ref)].append(choice)
    return {ref: tuple(chosen) for ref, chosen in found.items()}


def _place(choice: ChoiceInForce) -> tuple[str, ...]:
    return (choice.subject_ref, choice.purpose, choice.controller or "", choice.destination or "")


def _read(row: dict[str, Any]) -> ChoiceRecord:
    """Return a record's row as a value; in a row, what was not said is empty."""
    row["subject_ref"] = row.pop("subject_id")
    row["choice"] = Choice(row["choice"])
    for name in _UNSAID_IS_EMPTY:
        row[name] = row[name] or None
    return ChoiceRecord(**row)


def get_vocabulary(*, at: datetime) -> Vocabulary:
    """Return the names that rows may use at `at`; with no policy in force, none."""
    policy = get_policy_in_force(at=at)
    names = read_vocabulary(policy.canonical) if policy else Vocabulary()
    return replace(names, max_back_dating=settings.MAX_BACK_DATING)
