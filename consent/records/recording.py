"""Recording rows: who they are about, in which order, and what the ledger is told."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction

from consent.kernel.ids import new_id
from consent.keys import queries as key_queries
from consent.keys import services as keys
from consent.ledger import queries as ledger_queries
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream
from consent.records import events
from consent.records.models import ConsentRecord
from consent.records.projecting import project
from consent.records.rules.reach import find_overreach
from consent.records.signals.desk import NO_SIGNALS, SignalDesk, Weighed, open_desk
from consent.records.signals.restating import restate
from consent.records.types import (
    BACK_DATE_TOLERANCE,
    NO,
    ChoiceRecord,
    Fault,
    FaultCode,
    NewChoice,
    NewFact,
    NewRow,
    NewSignals,
    Recorded,
)
from consent.subjects import services as subjects
from consent.subjects.events import tell_fact
from consent.subjects.types import Fact, Refusal, Sighted, Sighting, SubjectRef
from consent.subjects.versions import Versions

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


_FAULTS = {
    Refusal.IDENTITY_CONFLICT: Fault(
        "identifiers",
        FaultCode.IDENTITY_CONFLICT,
        "lead to different people who must not be joined: only a no can be recorded for all of them",
    ),
    Refusal.SUBJECT_ERASED: Fault(
        "identifiers", FaultCode.SUBJECT_ERASED, "lead to a person who was erased: nothing is stored"
    ),
}


@transaction.atomic
def record_rows(*, rows: Sequence[NewRow], source: str, at: datetime) -> list[Recorded | Fault]:
    """Record all `rows`, in their order, or nothing, and return what became of each.

    Subjects are found or made by the rows' identifiers; those that one row shows to be one person are
    linked as of `at`, or the link is held for an officer. A yes and facts are recorded for the subject who
    acts, a no for every subject that the row leads to. A row whose identifiers lead to an erased person, or
    to people who must not be joined, is refused with a fault, and so is one whose yes names no purpose or
    controller of its own; nothing of it is written. Signals are recorded of the subject who acts, and what
    they come to is weighed, under the locks, against all that is on record; one that was recorded before is
    not again. Everything written takes the next version of its subject and goes into the ledger as one
    event. The number of SQL statements does not grow with the number of rows.
    """
    return _record(rows, source=source, at=at, get_keys=keys.ensure_keys)


def try_rows(*, rows: Sequence[NewRow], source: str, at: datetime) -> list[Recorded | Fault]:
    """Return what would become of each of `rows` if they were recorded now. Nothing is kept of it.

    They are recorded, under the same locks for as long, and taken back: so it is what `record_rows` would
    return but for the ids, which lead nowhere. The keys of whoever is new are made and never kept.
    """
    with transaction.atomic():
        outcomes = _record(rows, source=source, at=at, get_keys=key_queries.lend_keys)
        transaction.set_rollback(True)
    return outcomes


def _record(
    rows: Sequence[NewRow],
    *,
    source: str,
    at: datetime,
    get_keys: Callable[[Iterable[str]], Mapping[str, bytes]],
) -> list[Recorded | Fault]:
    desk = open_desk(rows, at=at)
    faults = [_find_fault(row) or desk.find_fault(row) for row in rows]
    sound = [row for row, fault in zip(rows, faults, strict=True) if fault is None]
    resolution = subjects.resolve(sightings=[_sighting(row, desk) for row in sound])
    pairs = list(zip(sound, resolution.outcomes, strict=True))
    sealing = {one.ref for one in resolution.added} | {
        found.actor for row, found in pairs if (row.facts or row.signals) and isinstance(found, Sighted)
    }
    data_keys = get_keys(sealing) if sealing else {}
    recorded_at = ledger_queries.get_time()
    told, audited = subjects.settle(
        resolution, source=source, at=at, recorded_at=recorded_at, data_keys=data_keys
    )
    desk.look_up(pairs, on_record=resolution.versions.list_on_record())
    batch = Batch(source, recorded_at, resolution.versions, data_keys, desk, entries=told)
    added = iter(batch.add_rows(pairs))
    outcomes = [fault or next(added) for fault in faults]
    ConsentRecord.objects.copy_in(FIELDS, batch.records)
    project(batch.choices)
    subjects.append_facts(facts=batch.facts, source=source)
    desk.store(source=source, recorded_at=recorded_at)
    subjects.advance_versions(resolution.versions.changed())
    ledger.append(stream=Stream.CONSENT, entries=batch.entries, recorded_at=recorded_at)
    ledger.append(stream=Stream.AUDIT, entries=audited, recorded_at=recorded_at)
    return outcomes


def _find_fault(row: NewRow) -> Fault | None:
    """Return what lets a choice of the row reach further than it may; None if nothing does."""
    found = (
        Fault(f"choices[{place}].{name}", code, message)
        for place, claim in enumerate(row.choices)
        for name, code, message in find_overreach(claim)
    )
    return next(found, None)


def _sighting(row: NewRow, desk: SignalDesk) -> Sighting:
    says_something = bool(row.choices or row.signals) and not row.facts
    is_only_no = (
        says_something and all(claim.choice in NO for claim in row.choices) and not desk.may_grant(row)
    )
    return Sighting(row.identifiers, is_only_no=is_only_no, is_new_start=row.new_start)


@dataclass(slots=True)
class Batch:
    """What one transaction is going to write."""

    source: str
    recorded_at: datetime
    versions: Versions
    data_keys: Mapping[str, bytes]
    desk: SignalDesk
    entries: list[NewEntry]
    records: list[tuple[object, ...]] = field(default_factory=list)
    choices: list[ChoiceRecord] = field(default_factory=list)
    facts: dict[str, Fact] = field(default_factory=dict)
    _noes: list[tuple[ChoiceRecord, NewChoice]] = field(default_factory=list)

    def add_rows(self, pairs: Iterable[tuple[NewRow, Sighted | Refusal]]) -> list[Recorded | Fault]:
        """Add all rows, and what is to be said once more of them; return what becomes of each."""
        added = [self._add_row(row, found) for row, found in pairs]
        again = self._restate()
        return [self._with_restated(one, again) for one in added] if again else added

    def _restate(self) -> Mapping[str, Sequence[ChoiceRecord]]:
        """Say each no once more that a string's yes on record would not have outlived; return them by the no.

        All rows are added before: what one of them says to lift a no counts, wherever it stands.
        """
        again: defaultdict[str, list[ChoiceRecord]] = defaultdict(list)
        for no, claim in self._noes:
            for yes in self.desk.list_kept_out(no):
                said = restate(claim, no, yes, is_read=self.desk.is_read(no))
                again[no.record_id].append(self._add_choice(said, SubjectRef(no.subject_ref)))
        return again

    def _with_restated(
        self, outcome: Recorded | Fault, again: Mapping[str, Sequence[ChoiceRecord]]
    ) -> Recorded | Fault:
        if isinstance(outcome, Fault):
            return outcome
        more = [one for record_id in outcome.record_ids for one in again.get(record_id, ())]
        if not more:
            return outcome
        return replace(
            outcome,
            version=self.versions.latest(outcome.subject_ref),
            record_ids=(*outcome.record_ids, *(one.record_id for one in more)),
            choices=(*outcome.choices, *(one.choice for one in more)),
        )

    def _add_row(self, row: NewRow, found: Sighted | Refusal) -> Recorded | Fault:
        if isinstance(found, Refusal):
            return _FAULTS[found]
        read_by_sender = row.signals is not None and row.signals.received is None
        told = self._tell_signals(row.signals, found) if read_by_sender else NO_SIGNALS
        records = self._add_choices(row.choices, found, told)
        for fact in row.facts:
            self._add_fact(fact, found.actor)
        if not read_by_sender:  # what the row says itself stands when they are weighed
            told = self._tell_signals(row.signals, found)
            records += self._add_choices(told.choices, found, told)
        return Recorded(
            subject_ref=found.actor,
            version=self.versions.latest(found.actor),
            record_ids=tuple(one.record_id for one in records),
            signals=told.taken,
            choices=tuple(one.choice for one in records),
        )

    def _tell_signals(self, signals: NewSignals | None, found: Sighted) -> Weighed:
        if signals is None:
            return NO_SIGNALS
        return self.desk.weigh(
            signals,
            found,
            data_key=self.data_keys[found.actor],
            take=self.versions.take,
            tell=self.entries.append,
            source=self.source,
        )

    def _add_choices(self, claims: Iterable[NewChoice], found: Sighted, told: Weighed) -> list[ChoiceRecord]:
        records = []
        for claim in map(told.attribute, claims):
            for ref in found.reached if claim.choice in NO else (found.actor,):
                record = self._add_choice(claim, ref)
                records.append(record)
                if claim.choice in NO:
                    self._noes.append((record, claim))
        return records

    def _add_choice(self, claim: NewChoice, ref: SubjectRef) -> ChoiceRecord:
        record = record_of(claim, ref, version=self.versions.take(ref), recorded_at=self.recorded_at)
        self.choices.append(record)
        self.desk.add_choice(record, claim)
        self.records.append(row_of(record, claim, self.source))
        self.entries.append(events.tell_choice(record, claim, source=self.source))
        return record

    def _add_fact(self, claim: NewFact, ref: SubjectRef) -> None:
        fact_id = new_id("fct")
        self.facts[fact_id] = Fact(
            subject_ref=ref,
            name=claim.name,
            value=claim.value,
            effective_at=claim.effective_at,
            recorded_at=self.recorded_at,
            version=self.versions.take(ref),
            controller=claim.controller,
            until=claim.until,
        )
        self.desk.add_fact(self.facts[fact_id])
        self.entries.append(
            tell_fact(fact_id, self.facts[fact_id], source=self.source, data_key=self.data_keys[ref])
        )


def record_of(claim: NewChoice, ref: SubjectRef, *, version: int, recorded_at: datetime) -> ChoiceRecord:
    """Return the record of a choice, with an id of its own."""
    return ChoiceRecord(
        record_id=new_id("rec"),
        subject_ref=ref,
        version=version,
        purpose=claim.purpose,
        choice=claim.choice,
        effective_at=claim.effective_at,
        recorded_at=recorded_at,
        controller=claim.controller,
        destination=claim.destination,
        notice=claim.notice,
        notice_version=claim.notice_version,
        expires_at=claim.expires_at,
        explicit=claim.explicit,
        by_guardian=claim.by_guardian,
        after_conflict_notice=claim.after_conflict_notice,
        back_dated=recorded_at - claim.effective_at - claim.told_within > BACK_DATE_TOLERANCE,
        refers_to=claim.refers_to,
    )


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
