"""Where the signals of a batch are weighed, told to the ledger and stored. Without any it does nothing."""

import json
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Mapping as Names
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from consent.ledger.types import NewEntry
from consent.records.events import tell_signal
from consent.records.models import RecordedSignal
from consent.records.signals.judging import FreshSignal, Judge, may_grant
from consent.records.signals.known import Known, find_granted_by_strings
from consent.records.signals.mappings import MappingInUse, archive, find_mapping, get_mapping
from consent.records.signals.restating import list_kept_out
from consent.records.types import (
    NO,
    Choice,
    ChoiceRecord,
    Fault,
    FaultCode,
    NewChoice,
    NewRow,
    NewSignals,
    SignalKind,
    SignalTaken,
)
from consent.signals.mapping.types import Conflict, Unread
from consent.subjects.types import Fact, Refusal, Sighted, SubjectRef

_FIELDS = (
    "event_id",
    "subject",
    "version",
    "kind",
    "controller",
    "digest",
    "mapping_digest",
    "conflicts",
    "unread",
    "effective_at",
    "recorded_at",
    "source",
)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What became of one row's signals, and the choices that are to be written for them."""

    choices: tuple[NewChoice, ...] = ()
    taken: tuple[SignalTaken, ...] = ()
    event_ids: Names[SignalKind, str] = field(default_factory=dict)

    def attribute(self, claim: NewChoice) -> NewChoice:
        """Return the choice, naming the signal that it came by, if it did."""
        return claim if claim.by is None else replace(claim, refers_to=self.event_ids[claim.by])


NO_SIGNALS = Weighed()


@dataclass(frozen=True, slots=True)
class _Written:
    ref: SubjectRef
    version: int
    fresh: FreshSignal
    given: NewSignals


@dataclass(slots=True)
class SignalDesk:
    """Weighs the signals of one batch. `mapping` is None if none of them is to be read by it."""

    mapping: MappingInUse | None
    at: datetime
    _written: list[_Written] = field(default_factory=list)
    _judge: Judge | None = None

    def may_grant(self, row: NewRow) -> bool:
        """Return whether the row's signals could come to a yes."""
        return row.signals is not None and self.mapping is not None and may_grant(row.signals, self.mapping)

    def find_fault(self, row: NewRow) -> Fault | None:
        """Return what a yes that the row's signals could come to lacks."""
        if row.signals is None or row.signals.controller is not None or not self.may_grant(row):
            return None
        message = "a string that can grant names the controller that the grant is given to"
        return Fault("signals.controller", FaultCode.CONTROLLER_REQUIRED, message)

    def look_up(
        self, pairs: Sequence[tuple[NewRow, Sighted | Refusal]], *, on_record: Sequence[SubjectRef]
    ) -> None:
        """Read what is on record of whom signals are about, and of whoever says no before a string's yes.

        `on_record` are all known subjects that the batch is about, or who are linked to one; the caller holds
        their locks. Without a no among the rows, or with new people alone, the second are not looked for.
        """
        refs: set[SubjectRef] = set()
        if self.mapping is not None:
            refs |= {
                ref
                for row, found in pairs
                if row.signals is not None and isinstance(found, Sighted)
                for ref in found.reached
            }
        said = [claim.effective_at for row, _ in pairs for claim in row.choices if claim.choice in NO]
        if said and on_record:
            refs |= find_granted_by_strings(on_record, after=min(said))
        if refs:
            self._judge = Judge(self.mapping, Known.read(refs), self.at)

    def weigh(
        self,
        signals: NewSignals,
        found: Sighted,
        *,
        data_key: bytes,
        take: Callable[[SubjectRef], int],
        tell: Callable[[NewEntry], None],
        source: str,
    ) -> Weighed:
        """Return what the signals come to. Each new one takes a version and is told of."""
        judge = self._judge or Judge(None, Known(), self.at)
        judged = judge.judge(signals, actor=found.actor, reached=found.reached, data_key=data_key)
        for fresh in judged.fresh:
            written = _Written(found.actor, take(found.actor), fresh, signals)
            self._written.append(written)
            judge.add_signal(found.actor, fresh, signals.controller)
            tell(self._tell(written, source=source, data_key=data_key))
        return Weighed(
            judged.choices,
            (*(one.as_taken() for one in judged.fresh), *judged.repeated),
            {one.signal.kind: one.event_id for one in judged.fresh},
        )

    def add_choice(self, record: ChoiceRecord, claim: NewChoice) -> None:
        """Take note of what was written: signals that follow are weighed against it."""
        if self._judge is not None:
            self._judge.add_choice(record, claim.method if claim.by else None)

    def list_kept_out(self, no: ChoiceRecord) -> list[ChoiceRecord]:
        """Return the string's yeses that a no, just written, would have kept out, told in time."""
        if self._judge is None:
            return []
        mapping = None if self.mapping is None else self.mapping.mapping
        if mapping is None and no.choice is Choice.SIGNAL:
            mapping = find_mapping(at=self.at)
        known = self._judge.known
        records = known.list_records([SubjectRef(no.subject_ref)])
        return list_kept_out(no, records, sources=known.sources, mapping=mapping)

    def is_read(self, record: ChoiceRecord) -> bool:
        """Return whether a record was read from a signal."""
        return self._judge is not None and record.record_id in self._judge.known.sources

    def add_fact(self, fact: Fact) -> None:
        """Take note of a fact that was written: where somebody lives says whose law applies to them."""
        if self._judge is not None:
            self._judge.known.facts[SubjectRef(fact.subject_ref)].append(fact)

    def store(self, *, source: str, recorded_at: datetime) -> None:
        """Write the rows of the signals that were told of, and keep the mapping that they were read by."""
        if not self._written:
            return
        if self.mapping is not None:
            archive(self.mapping)
        rows = (self._row_of(one, source, recorded_at) for one in self._written)
        RecordedSignal.objects.copy_in(_FIELDS, rows)

    def _tell(self, one: _Written, *, source: str, data_key: bytes) -> NewEntry:
        by = self._mapping_of(one)
        return tell_signal(
            one.fresh.as_taken(),
            one.fresh.signal,
            one.given,
            ref=one.ref,
            version=one.version,
            digest=one.fresh.digest,
            mapping=None if by is None else {"version": by.mapping.version, "digest": by.mapping.digest},
            source=source,
            data_key=data_key,
        )

    def _mapping_of(self, one: _Written) -> MappingInUse | None:
        """Return what the signal was read by; None if its sender read it."""
        return None if one.given.received is None else self.mapping

    def _row_of(self, one: _Written, source: str, recorded_at: datetime) -> tuple[object, ...]:
        by, signal = self._mapping_of(one), one.fresh.signal
        return (
            one.fresh.event_id,
            one.ref,
            one.version,
            signal.kind.value,
            one.given.controller or "",
            one.fresh.digest,
            "" if by is None else by.mapping.digest,
            _as_json(one.fresh.conflicts),
            _as_json(one.fresh.unread),
            signal.effective_at,
            recorded_at,
            source,
        )


def open_desk(rows: Iterable[NewRow], *, at: datetime) -> SignalDesk:
    """Return a desk for the batch, with the mapping in use if one of its signals is to be read by it."""
    is_read_here = any(row.signals is not None and row.signals.received is not None for row in rows)
    return SignalDesk(get_mapping(at=at) if is_read_here else None, at)


def _as_json(values: Sequence[Conflict | Unread]) -> str:
    return json.dumps([asdict(value) for value in values])
