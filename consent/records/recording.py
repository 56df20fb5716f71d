"""Recording rows: who they are about, in which order, and what the ledger is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from consent.kernel.ids import new_id
from consent.ledger import queries as ledger_queries
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream
from consent.records import events
from consent.records.models import ConsentRecord
from consent.records.projecting import project
from consent.records.types import ChoiceRecord, NewChoice, NewFact, NewRow, Recorded
from consent.subjects import services as subjects
from consent.subjects.types import Fact, Link, SubjectRef

BACK_DATE_TOLERANCE = timedelta(minutes=5)
"""A choice told of later than this after it was made counts as back-dated."""

FIELDS = (
    "record_id",
    "subject",
    "version",
    "purpose",
    "choice",
    "controller",
    "destination",
    "notice",
    "notice_version",
    "method",
    "form",
    "effective_at",
    "recorded_at",
    "expires_at",
    "explicit",
    "by_guardian",
    "after_conflict_notice",
    "back_dated",
    "refers_to",
    "source",
)


@transaction.atomic
def record_rows(*, rows: Sequence[NewRow], source: str, at: datetime) -> list[Recorded]:
    """Record all `rows`, in their order, or nothing, and return what became of each.

    Subjects are found or made by the rows' identifiers; those that one row shows to be one person are
    linked as of `at`. Each choice, fact and link takes the next version of its subject and goes into the
    ledger as one event. The number of SQL statements does not grow with the number of rows.
    """
    groups = subjects.resolve_or_create(identifier_sets=[row.identifiers for row in rows])
    versions = subjects.lock_versions(ref for refs in groups for ref in refs)
    batch = _Batch(source, ledger_queries.get_time(), versions)
    links = subjects.link_subjects(
        groups=groups, provenance=source, linked_at=at, recorded_at=batch.recorded_at
    )
    for link in links:
        batch.add_link(link)
    recorded = [batch.add_row(row, refs[0]) for row, refs in zip(rows, groups, strict=True)]
    ConsentRecord.objects.copy_in(FIELDS, batch.records)
    project(batch.choices)
    subjects.append_facts(facts=batch.facts, source=source)
    subjects.advance_versions({ref: following - 1 for ref, following in versions.items()})
    ledger.append(stream=Stream.CONSENT, entries=batch.entries, recorded_at=batch.recorded_at)
    return recorded


@dataclass(slots=True)
class _Batch:
    """What one transaction is going to write. `versions` holds each subject's next version."""

    source: str
    recorded_at: datetime
    versions: dict[SubjectRef, int]
    records: list[tuple[object, ...]] = field(default_factory=list)
    choices: list[ChoiceRecord] = field(default_factory=list)
    facts: dict[str, Fact] = field(default_factory=dict)
    entries: list[NewEntry] = field(default_factory=list)

    def add_row(self, row: NewRow, ref: SubjectRef) -> Recorded:
        record_ids = tuple(self._add_choice(choice, ref) for choice in row.choices)
        for fact in row.facts:
            self._add_fact(fact, ref)
        return Recorded(ref, self.versions[ref] - 1, record_ids)

    def add_link(self, link: Link) -> None:
        version = self._take_version(SubjectRef(link.left))
        self.entries.append(events.tell_link(link, version=version, source=self.source))

    def _add_choice(self, claim: NewChoice, ref: SubjectRef) -> str:
        record = ChoiceRecord(
            record_id=new_id("rec"),
            subject_ref=ref,
            version=self._take_version(ref),
            purpose=claim.purpose,
            choice=claim.choice,
            effective_at=claim.effective_at,
            recorded_at=self.recorded_at,
            controller=claim.controller,
            destination=claim.destination,
            notice=claim.notice,
            notice_version=claim.notice_version,
            expires_at=claim.expires_at,
            explicit=claim.explicit,
            by_guardian=claim.by_guardian,
            after_conflict_notice=claim.after_conflict_notice,
            back_dated=self.recorded_at - claim.effective_at > BACK_DATE_TOLERANCE,
            refers_to=claim.refers_to,
        )
        self.choices.append(record)
        self.records.append(row_of(record, claim, self.source))
        self.entries.append(events.tell_choice(record, claim, source=self.source))
        return record.record_id

    def _add_fact(self, claim: NewFact, ref: SubjectRef) -> None:
        fact_id = new_id("fct")
        self.facts[fact_id] = Fact(
            subject_ref=ref,
            name=claim.name,
            value=claim.value,
            effective_at=claim.effective_at,
            recorded_at=self.recorded_at,
            version=self._take_version(ref),
            controller=claim.controller,
            until=claim.until,
        )
        self.entries.append(events.tell_fact(fact_id, self.facts[fact_id], source=self.source))

    def _take_version(self, ref: SubjectRef) -> int:
        version = self.versions[ref]
        self.versions[ref] = version + 1
        return version


def row_of(record: ChoiceRecord, claim: NewChoice, source: str) -> tuple[object, ...]:
    """Return a record's values in the order of `FIELDS`."""
    return (
        record.record_id,
        record.subject_ref,
        record.version,
        record.purpose,
        record.choice.value,
        record.controller or "",
        record.destination or "",
        record.notice or "",
        record.notice_version,
        claim.method or "",
        claim.form or "",
        record.effective_at,
        record.recorded_at,
        record.expires_at,
        record.explicit,
        record.by_guardian,
        record.after_conflict_notice,
        record.back_dated,
        record.refers_to or "",
        source,
    )
