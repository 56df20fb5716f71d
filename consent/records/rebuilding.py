"""Making the choices in force anew from the ledger, and comparing the two.

The ledger's choices are set out in a temporary table first, subject by subject in the order of versions.
Then some subjects at a time are locked, folded and compared: writers wait for a moment only, and a rebuild
that was cut short is simply begun again.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, QuerySet

from consent.kernel import canonical
from consent.ledger import queries as ledger
from consent.ledger.types import LedgerEntry, Stream
from consent.records.models import ConsentRecord
from consent.records.projecting import remove, store
from consent.records.queries import list_current, list_records
from consent.records.rules.current import Key, fold_by_key, key_of
from consent.records.types import Choice, ChoiceInForce, ChoiceRecord
from consent.subjects import services as subject_services
from consent.subjects.models import Subject
from consent.subjects.queries import one_of
from consent.subjects.types import SubjectRef

_PAGE = 2000
_SUBJECTS = 500
_CREATE = """
    CREATE TEMPORARY TABLE rebuilt_record (
        subject_ref varchar, version bigint, record_id varchar, recorded_at timestamptz, body text
    )
"""
_COPY = "COPY rebuilt_record (subject_ref, version, record_id, recorded_at, body) FROM STDIN"
_LIST = """
    SELECT subject_ref, version, record_id, recorded_at, body FROM rebuilt_record
    WHERE subject_ref = ANY(%s) ORDER BY subject_ref, version
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """One key on which the projection and the ledger do not agree, by the records they name."""

    stored: str | None
    """The record that the projection has in force; None if it has none."""
    expected: str | None
    """The record that the ledger's history comes to; None if it comes to none."""

    def __str__(self) -> str:
        if self.stored == self.expected:
            return f"{self.stored} is in force, but its columns differ"
        return f"{self.stored or 'no record'} is in force, {self.expected or 'no record'} should be"


@dataclass(slots=True)
class RebuildReport:
    """What a rebuild read and found."""

    events: int = 0
    """Choices that the ledger holds."""
    pending: int = 0
    """Choices recorded, but not in the ledger yet; they were taken from their records."""
    choices: int = 0
    """Keys with a choice in force."""
    differences: int = 0


def rebuild_choices(
    *,
    repair: bool,
    progress: Callable[[str], None] = lambda _: None,
    differs: Callable[[Difference], None] = lambda _: None,
) -> RebuildReport:
    """Compare the choices in force with what the ledger comes to, and return what was found.

    `differs` is told of each difference. With `repair` each is mended too: afterwards the projection is
    exactly what the ledger's envelopes say. Memory does not grow with the ledger.
    """
    report = RebuildReport()
    with _staging():
        _set_out(report, progress)
        for refs in _chunks_of_subjects():
            with transaction.atomic():
                subject_services.lock_versions(refs)
                _compare(refs, report, differs, repair=repair)
            progress(f"{report.choices:,} choices in force compared")
    return report


@contextmanager
def _staging() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        try:
            yield
        finally:
            if not connection.needs_rollback:
                cursor.execute("DROP TABLE IF EXISTS rebuilt_record")


def _set_out(report: RebuildReport, progress: Callable[[str], None]) -> None:
    """Fill the temporary table from the ledger's envelopes."""
    after = 0
    while page := ledger.list_changes(after=after, limit=_PAGE):
        told = [entry for entry in page if _tells_of_choice(entry)]
        with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
            for entry in told:
                copy.write_row(_staged(entry))
        after = page[-1].index + 1
        report.events += len(told)
        progress(f"{after:,} entries of the ledger read")
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX ON rebuilt_record (subject_ref, version)")
        cursor.execute("ANALYZE rebuilt_record")


def _tells_of_choice(entry: LedgerEntry) -> bool:
    return entry.stream is Stream.CONSENT and entry.kind == "choice_recorded" and not entry.pruned


def _staged(entry: LedgerEntry) -> tuple[object, ...]:
    """Return an entry by what its envelope says, whatever the columns beside it say."""
    envelope = canonical.loads(entry.envelope)
    return (
        envelope["subject_ref"],
        envelope["subject_version"],
        envelope["event_id"],
        envelope["recorded_at"],
        canonical.dumps(envelope["body"]).decode(),
    )


def _chunks_of_subjects() -> Iterator[list[SubjectRef]]:
    after = ""
    while refs := list(_subjects_after(after).values_list("ref", flat=True)[:_SUBJECTS]):
        yield [SubjectRef(ref) for ref in refs]
        after = refs[-1]


def _subjects_after(ref: str) -> QuerySet[Subject]:
    return Subject.objects.filter(ref__gt=ref).order_by("ref")


def _compare(
    refs: list[SubjectRef], report: RebuildReport, differs: Callable[[Difference], None], *, repair: bool
) -> None:
    expected = fold_by_key(_histories(refs, report))
    stored = {key_of(choice): choice for choice in list_current(refs)}
    wrong = [key for key in expected.keys() | stored.keys() if expected.get(key) != stored.get(key)]
    report.choices += len(expected)
    report.differences += len(wrong)
    for key in sorted(wrong, key=str):
        differs(Difference(_name(stored, key), _name(expected, key)))
    if repair:
        store([expected[key] for key in wrong if key in expected])
        remove([key for key in wrong if key not in expected])


def _name(choices: dict[Key, ChoiceInForce], key: Key) -> str | None:
    return choices[key].record_id if key in choices else None


def _histories(refs: list[SubjectRef], report: RebuildReport) -> list[ChoiceRecord]:
    """Return the ledger's choices of `refs`, and those recorded since it was read."""
    with connection.cursor() as cursor:
        cursor.execute(_LIST, [list(refs)])
        told = [_read(*row) for row in cursor.fetchall()]
    pending = _list_pending(refs, {record.subject_ref: record.version for record in told})
    report.pending += len(pending)
    return told + pending


def _list_pending(refs: list[SubjectRef], latest: Mapping[str, int]) -> list[ChoiceRecord]:
    """Return the records of `refs` later than `latest`, each subject's last version that the ledger told."""
    rows = ConsentRecord.objects.filter(subject__in=one_of(refs)).values("subject").order_by("subject")
    ends = rows.annotate(end=Max("version")).values_list("subject", "end")
    behind = [SubjectRef(ref) for ref, end in ends if end > latest.get(ref, 0)]
    found = list_records(refs=behind).values() if behind else ()
    return [
        record
        for records in found
        for record in records
        if record.version > latest.get(record.subject_ref, 0)
    ]


def _read(ref: str, version: int, record_id: str, recorded_at: datetime, text: str) -> ChoiceRecord:
    body: dict[str, Any] = canonical.loads(text.encode())
    ends = body["expires_at"]
    return ChoiceRecord(
        record_id=record_id,
        subject_ref=ref,
        version=version,
        purpose=body["purpose"],
        choice=Choice(body["choice"]),
        effective_at=datetime.fromisoformat(body["effective_at"]),
        recorded_at=recorded_at,
        controller=body["controller"],
        destination=body["destination"],
        notice=body["notice"],
        notice_version=body["notice_version"],
        expires_at=ends and datetime.fromisoformat(ends),
        explicit=body["explicit"],
        by_guardian=body["by_guardian"],
        after_conflict_notice=body["after_conflict_notice"],
        back_dated=body["back_dated"],
        refers_to=body["refers_to"],
    )
