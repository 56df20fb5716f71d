"""What becomes of the signals of a batch: which are new, what they come to, and what stands against it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from consent.kernel.ids import new_id
from consent.records.rules.signals import DAY
from consent.records.signals.known import EarlierSignal, Known, digest_of
from consent.records.signals.mappings import MappingInUse
from consent.records.signals.standing import find_standing_no, list_standing, speaks_to
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
from consent.signals.mapping.types import (
    Conflict,
    Outcome,
    Resolution,
    Unread,
    Where,
    family,
)
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
        kinds = [one.kind for one in signals.signals]
        resolution = self._resolve(signals, reached)
        said = self._list_said(reached, signals.controller) if earlier else frozenset()

        def is_new(source: str, purpose: str) -> bool:
            """Return whether it was not said before: of a new text, or read by a newer mapping or policy.

            The Global Privacy Control comes to something only if a yes that it speaks against came between.
            """
            is_sent_again = _kind_of(source, kinds) in earlier and source != SignalKind.GPC
            return not is_sent_again or (family(source), purpose) not in said

        outcomes = [one for one in resolution.outcomes if is_new(one.source, one.purpose)]
        anew = {_kind_of(one.source, kinds) for one in outcomes}
        settled = {kind: found for kind, found in earlier.items() if kind not in anew}
        new = [one for one in signals.signals if one.kind not in settled]
        late = dict(self._find_late(signals, reached, outcomes))
        conflicts = [one for one in resolution.conflicts if is_new(one.heard_from, one.purpose)]
        return Judged(
            fresh=_write_up(
                new, kinds, digests, [*conflicts, *late.values(), *signals.conflicts], resolution.unread
            ),
            repeated=tuple(map(_as_repeated, settled.values())),
            choices=tuple(_choose(one, signals, kinds) for one in outcomes if one not in late),
        )

    def _list_said(self, reached: Sequence[SubjectRef], controller: str | None) -> frozenset[tuple[str, str]]:
        """Return what signals came to before, whatever became of it: framework and purpose."""
        recorded = {
            (family(source), one.purpose)
            for one in self.known.list_records(reached)
            if speaks_to(one, controller) and (source := self.known.sources.get(one.record_id))
        }
        fought_over = {
            (family(conflict.heard_from), conflict.purpose)
            for member in self.known.members(reached)
            for signal in self.known.signals.get(member, ())
            for conflict in signal.conflicts
        }
        return frozenset(recorded | fought_over)

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
        self.known.add_record(record, source=source)
        self.written.add(record.record_id)

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

    def _resolve(self, signals: NewSignals, reached: Sequence[SubjectRef]) -> Resolution:
        if self.mapping is None or signals.received is None:
            return NOTHING
        places = self.known.list_places(reached, controller=signals.controller, at=self.at)
        return resolve(
            self.mapping.mapping,
            received=signals.received,
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
    kinds: Sequence[SignalKind],
    digests: Mapping[SignalKind, str],
    conflicts: Sequence[Conflict],
    unread: Sequence[Unread],
) -> tuple[FreshSignal, ...]:
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


def _choose(outcome: Outcome, signals: NewSignals, kinds: Sequence[SignalKind]) -> NewChoice:
    return NewChoice(
        purpose=outcome.purpose,
        choice=Choice(outcome.choice.value),
        effective_at=outcome.effective_at,
        controller=signals.controller,
        notice=signals.notice,
        notice_version=signals.notice_version,
        method=outcome.source,
        by=_kind_of(outcome.source, kinds),
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
