"""Values that go into and come out of the ledger. Pure: no Django, no clock."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

from consent.kernel.errors import AccordantError
from consent.kernel.ids import new_id

FEED_CHANNEL = "accordant_feed"
"""Whoever listens to it is woken when events got their places. It says that there is news, not what."""


class Stream(StrEnum):
    """What an entry is about; each stream has its own readers and its own retention."""

    CONSENT = "consent"
    POLICY = "policy"
    AUDIT = "audit"
    INCIDENTS = "incidents"


@dataclass(frozen=True, slots=True)
class NewEntry:
    """One event to append. It never holds an identifier: only a `subject_ref` names a person."""

    kind: str
    """What happened, in the past tense: `choice_recorded`."""
    body: Mapping[str, Any]
    """The event's data, as canonical JSON can express it; write times with `rfc3339`."""
    subject_ref: str | None = None
    subject_version: int | None = None
    """The version that this event gives its subject; set if and only if `subject_ref` is."""
    event_id: str = field(default_factory=partial(new_id, "evt"))
    """Names the event for ever, before and after it has an index."""
    private: Mapping[str, Any] | None = None
    """Personal data that goes with the event: sealed beside it, in the event only as a commitment."""
    data_key: bytes | None = field(default=None, repr=False)
    """The subject's data key (32 bytes); set if and only if `private` is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLeaf:
    """What stays of an entry for ever, whatever is pruned."""

    index: int
    """Its place, from 0, without gaps."""
    stream: Stream
    kind: str
    event_id: str
    recorded_at: datetime
    subject_ref: str | None
    subject_version: int | None
    leaf_hash: bytes
    """The leaf's hash in the Merkle tree (RFC 9162 section 2.1.1)."""


@dataclass(frozen=True, slots=True)
class Touched:
    """What one entry of the ledger speaks of."""

    index: int
    stream: Stream
    subject_ref: str | None
    leaf_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Some entries of the ledger: those that every field which is set asks for."""

    subject_refs: frozenset[str] | None = None
    """Entries that took a version of one of these subjects."""
    recorded_from: datetime | None = None
    recorded_until: datetime | None = None
    """Bounds of `recorded_at`: the first is within, the second is not."""
    stream: Stream | None = None


class NotSealedYet(AccordantError):
    """No signed checkpoint covers what was asked for."""

    code = "not_sealed_yet"
    status = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry(KeptLeaf):
    """One entry as it lies in the ledger."""

    envelope: bytes
    """The canonical JSON (RFC 8785) that `leaf_hash` is over, byte for byte. Empty once it was pruned."""

    @property
    def pruned(self) -> bool:
        """Whether the content is gone: its time was over."""
        return not self.envelope


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A checkpoint as it is stored; `note` is what was signed (C2SP), byte for byte."""

    number: int
    size: int
    root: bytes
    note: bytes


@dataclass(frozen=True, slots=True)
class StoredLogKey:
    """A key that signs checkpoints of more than `from_size` leaves, and the note that made it so."""

    number: int
    """From 0, without gaps."""
    from_size: int
    verify_key: str
    """As it is published (C2SP)."""
    handover: bytes
    """Empty for the log's first key."""


@dataclass(frozen=True, slots=True)
class VerifiedEvent:
    """An event read from an envelope that is whole; `envelope` is its JSON."""

    index: int
    event_id: str
    kind: str
    envelope: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as the ledger says; `record` names the row."""

    record: str
    fault: str

    def __str__(self) -> str:
        return f"{self.record}: {self.fault}"


MAX_FINDINGS = 100
CopyCheck = Callable[[Sequence[VerifiedEvent]], Iterator[Finding]]
"""Compares what a table copied out of these events with them."""


@dataclass(slots=True)
class LedgerReport:
    """What was checked, and what was found wrong; nothing if `findings` is empty."""

    leaves: int = 0
    checkpoints: int = 0
    signed_size: int = 0
    """Leaves that are under a signed checkpoint."""
    pruned: int = 0
    """Leaves without content, as was announced: their hashes were checked, and what stays of them."""
    pending: int = 0
    findings: list[Finding] = field(default_factory=list)
    """The first ones, at most `MAX_FINDINGS`."""


@dataclass(frozen=True, slots=True)
class LedgerChecks:
    """What else is compared with the ledger, and whom to tell of progress."""

    copies: Sequence[CopyCheck] = ()
    untold: Sequence[Callable[[], Iterator[Finding]]] = ()
    """Each yields rows of a table that no event tells of."""
    progress: Callable[[int], None] = lambda _: None
    chunk: int = 4096
    patience: Sequence[float] = ()
    """Seconds to wait, again and again, for a checkpoint over leaves that are not signed yet."""
    wait: Callable[[float], object] = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """The last whole check of the ledger."""

    verified_at: datetime
    size: int
    signed_size: int
    findings: int
    key_given: bool
    witnessed_size: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnessing:
    """How far one witness holds the ledger."""

    name: str
    size: int
    """Of the last checkpoint that it took."""
    told_at: datetime | None
    failing_since: datetime | None
    lacks_since: datetime | None
    """When the first of the signed entries was recorded that it does not hold; None: it holds all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerStanding:
    """How the ledger stands: how much of it has a place, is signed, was checked, and is witnessed."""

    size: int
    begun_at: datetime | None
    signed_size: int
    checkpoint: int | None
    """The number of the newest one."""
    pending_since: datetime | None
    verified: Verified | None
    witnesses: tuple[Witnessing, ...]


@dataclass(frozen=True, slots=True)
class StreamRetention:
    """How long a stream's content is kept, and how much of it is past that."""

    stream: Stream
    kept_for: timedelta | None
    """None: for ever."""
    prunable: int = 0
    """Leaves that the next run would prune."""


@dataclass(slots=True)
class RetentionReport:
    """What one run of the retention did."""

    pruned: Counter[Stream] = field(default_factory=Counter)
    waiting: list[Stream] = field(default_factory=list)
    """Streams with a pruning that is announced, and not under a signed checkpoint yet: run again."""
    withdrawn: int = 0
    """Prunings that the database refused: what they announced is not allowed any more."""


def rfc3339(moment: datetime) -> str:
    """Return an aware time as the ledger writes it: in UTC, with microseconds and a `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
