"""What becomes of the signals of a batch: which are new, what they come to, and what stands against it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

from consent.kernel.ids import new_id
from consent.records.rules.signals import DAY
from consent.records.signals.known import EarlierSignal, Known, digest_of
from consent.records.signals.mappings import MappingInUse
from consent.records.signals.standing import find_standing_no, list_standing
from consent.records.types import (
    BACK_DATE_TOLERANCE,
    SIGNAL_ID,
    YES,
    Choice,
    ChoiceRecord,
    NewChoice,
    NewSignal,
    NewSignals,
    SignalKind,
    SignalTaken,
)
from consent.signals.mapping.resolving import resolve
from consent.signals.mapping.types import Conflict, Outcome, Resolution, Unread, Where
from consent.subjects.types import SubjectRef

NOTHING = Resolution(mapping_version="")
MAPPING = "mapping"
"""The source of what speaks of the mapping itself, which is kept: that is not told again with each signal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshSignal:
    """A signal that is to be written."""

    event_id: str
    signal: NewSignal
    digest: str
    conflicts: tuple[Conflict, ...]
    unread: tuple[Unread, ...]

    def as_taken(self) -> SignalTaken:
        """Return what the caller is told."""
        return SignalTaken(
            kind=self.signal.kind,
            event_id=self.event_id,
            repeated=False,
            effective_at=self.signal.effective_at,
            conflicts=self.conflicts,
            unread=self.unread,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What becomes of one row's signals."""

    fresh: tuple[FreshSignal, ...]
    repeated: tuple[SignalTaken, ...]
    choices: tuple[NewChoice, ...]
    """What the fresh ones come to; each names its signal's kind in `by`."""


@dataclass(slots=True)
class Judge:
    """Judges one row after another; it is told of all that is written meanwhile."""

    mapping: MappingInUse | None
    """None: no signal is to be read by one."""
    known: Known
    at: datetime
    written: set[str] = field(default_factory=set)
    """The records of this batch. They are told with what is judged, and not before it."""

    def judge(
        self, signals: NewSignals, *, actor: SubjectRef, reached: Sequence[SubjectRef], data_key: bytes
    ) -> Judged:
        """Return what becomes of `signals`, given about `reached` by `actor`, whose key `data_key` is."""
        digests = {one.kind: digest_of(one, data_key) for one in signals.signals}
        earlier = {
            one.kind: found
            for one in signals.signals
            if (found := self._find_earlier(actor, one, signals, digests[one.kind]))
        }
        resolution = self._resolve(signals, reached, but=earlier.keys() - {SignalKind.GPC})
        is_sent_anew = any(one.source == SignalKind.GPC for one in resolution.outcomes)
        settled = {
            kind: found
            for kind, found in earlier.items()
            if kind is not SignalKind.GPC or not is_sent_anew  # after a yes that it speaks against
        }
        new = [one for one in signals.signals if one.kind not in settled]
        late = dict(self._find_late(signals, reached, resolution.outcomes))
        conflicts = (*resolution.conflicts, *late.values())
        return Judged(
            fresh=_write_up(new, digests, conflicts, resolution.unread),
            repeated=tuple(map(_as_repeated, settled.values())),
            choices=tuple(
                _choose(outcome, signals, new) for outcome in resolution.outcomes if outcome not in late
            ),
        )

    def _find_late(
        self, signals: NewSignals, reached: Sequence[SubjectRef], outcomes: Iterable[Outcome]
    ) -> Iterator[tuple[Outcome, Conflict]]:
        """Yield each yes that was told too late to lift the no on record, which its framework said before."""
        late = [one for one in outcomes if one.is_yes and self.at - one.effective_at > _told_in_time(one)]
        if not late:
            return
        records = [
            one
            for one in self.known.list_records(reached)
            if one.choice in YES or one.record_id not in self.written
        ]
        for outcome in late:
            bar = find_standing_no(
                records, outcome, sources=self.known.sources, controller=signals.controller
            )
            if bar is not None:
                yield outcome, _lost(outcome, bar)

    def add_choice(self, record: ChoiceRecord, source: str | None) -> None:
        """Take note of a record of this batch; `source` is its signal's, if it came by one."""
        self.known.records[SubjectRef(record.subject_ref)].append(record)
        self.written.add(record.record_id)
        if source is not None:
            self.known.sources[record.record_id] = source

    def add_signal(self, ref: SubjectRef, fresh: FreshSignal, controller: str | None) -> None:
        """Take note of a signal of this batch."""
        signal = fresh.signal
        self.known.signals[ref].append(
            EarlierSignal(
                event_id=fresh.event_id,
                kind=signal.kind,
                controller=controller or "",
                digest=fresh.digest,
                effective_at=signal.effective_at,
                conflicts=fresh.conflicts,
                unread=fresh.unread,
            )
        )

    def _find_earlier(
        self, actor: SubjectRef, signal: NewSignal, signals: NewSignals, digest: str
    ) -> EarlierSignal | None:
        if signals.received is None:
            return None  # whoever read it themselves found something new in it
        return self.known.find_earlier(actor, signal, controller=signals.controller, digest=digest)

    def _resolve(
        self, signals: NewSignals, reached: Sequence[SubjectRef], *, but: Iterable[SignalKind]
    ) -> Resolution:
        left_out = set(but)
        is_settled = all(one.kind in left_out for one in signals.signals)
        if self.mapping is None or signals.received is None or is_settled:
            return NOTHING
        places = self.known.list_places(reached, controller=signals.controller, at=self.at)
        return resolve(
            self.mapping.mapping,
            received=replace(signals.received, **dict.fromkeys((kind.value for kind in left_out), None)),
            where=self.mapping.find_where({*places, *signals.places}, controller=signals.controller),
            standing=list_standing(
                self.known.list_records(reached),
                sources=self.known.sources,
                controller=signals.controller,
                at=self.at,
            ),
            at=signals.effective_at,
        )


def may_grant(signals: NewSignals, mapping: MappingInUse) -> bool:
    """Return whether the signals could come to a yes, whoever they are about and wherever that is."""
    if signals.received is None:
        return False
    granting = {place for one in mapping.mapping.frameworks.values() for place in one.grants_in}
    somewhere = (Where(jurisdictions=tuple(sorted(granting))), Where())
    found = (resolve(mapping.mapping, signals.received, one, (), signals.effective_at) for one in somewhere)
    return any(outcome.is_yes for resolution in found for outcome in resolution.outcomes)


def _write_up(
    new: Sequence[NewSignal],
    digests: Mapping[SignalKind, str],
    conflicts: Sequence[Conflict],
    unread: Sequence[Unread],
) -> tuple[FreshSignal, ...]:
    kinds = [one.kind for one in new]
    return tuple(
        FreshSignal(
            event_id=new_id(SIGNAL_ID),
            signal=one,
            digest=digests[one.kind],
            conflicts=tuple(found for found in conflicts if _kind_of(found.heard_from, kinds) is one.kind),
            unread=tuple(
                found
                for found in unread
                if found.source != MAPPING and _kind_of(found.source, kinds) is one.kind
            ),
        )
        for one in new
    )


def _kind_of(source: str, kinds: Sequence[SignalKind]) -> SignalKind | None:
    """Return which of `kinds` a source is of: GPC may have come within a GPP string."""
    name = source.partition(":")[0]
    wanted = (name, SignalKind.GPP.value) if name == SignalKind.GPC else (name,)
    found = (kind for one in wanted for kind in kinds if kind.value == one)
    return next(found, kinds[0] if kinds else None)


def _as_repeated(earlier: EarlierSignal) -> SignalTaken:
    return SignalTaken(
        kind=earlier.kind,
        event_id=earlier.event_id,
        repeated=True,
        effective_at=earlier.effective_at,
        conflicts=earlier.conflicts,
        unread=earlier.unread,
    )


def _choose(outcome: Outcome, signals: NewSignals, new: Sequence[NewSignal]) -> NewChoice:
    return NewChoice(
        purpose=outcome.purpose,
        choice=Choice(outcome.choice.value),
        effective_at=outcome.effective_at,
        controller=signals.controller,
        notice=signals.notice,
        notice_version=signals.notice_version,
        method=outcome.source,
        by=_kind_of(outcome.source, [one.kind for one in new]),
        told_within=_told_in_time(outcome) - BACK_DATE_TOLERANCE,
    )


def _told_in_time(outcome: Outcome) -> timedelta:
    """Return how long after its time a choice may be told and still count as told then.

    A yes that names a day (TC strings do since TCF 2.2) may have been said at any hour of it.
    """
    names_a_day = outcome.effective_at.timetz().replace(tzinfo=None) == time.min
    return BACK_DATE_TOLERANCE + (DAY if names_a_day and outcome.is_yes else timedelta())


def _lost(yes: Outcome, bar: ChoiceRecord) -> Conflict:
    return Conflict(
        purpose=yes.purpose,
        heard=yes.choice.value,
        heard_from=yes.source,
        against=bar.choice.value,
        against_from=yes.source,
        won="against",
        explanation="it was told long after it was made: such a yes lifts no no that is on record already",
    )
