"""Values that describe a stream. Pure: no Django, no broker, no clock."""

from dataclasses import dataclass, field
from enum import StrEnum

from consent.kernel.errors import AccordantError
from consent.subjects.types import IdentifierKind

Path = tuple[str, ...]
WINDOW, LONGEST_WINDOW = 300.0, 86_400.0
"""Seconds."""


class StreamStatus(StrEnum):
    """Where a stream's process stands, as far as its row knows."""

    STARTING = "starting"
    RUNNING = "running"
    WAITING = "waiting"  # nothing is read on: the row says for what
    STOPPED = "stopped"  # it was told to, and ended in good order
    FAILED = "failed"  # it ended by itself: the row says why


class Guarantee(StrEnum):
    """What Kafka's readers may count on."""

    EXACTLY_ONCE = "exactly_once"  # for those who read what is committed
    AT_LEAST_ONCE = "at_least_once"


class EventFault(StrEnum):
    """Why an event is denied before, or after, anybody is asked about; besides the reasons of decisions."""

    EMPTY = "event_empty"  # no value: what compacted topics call a tombstone
    UNREADABLE = "event_unreadable"  # no JSON
    NOT_AN_OBJECT = "event_not_an_object"
    WITHOUT_IDENTIFIER = "event_without_identifier"
    MALFORMED_IDENTIFIER = "malformed_identifier"
    OBLIGATION_NOT_SUPPORTED = "obligation_not_supported"
    TOO_LARGE = "event_too_large"  # allowed, and the brokers refuse it
    REFUSED = "event_refused"  # allowed, and the brokers refuse it for another reason
    FAILED = "event_failed"  # a fault of ours, which the log tells of


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTerms:
    """What a stream does: the question, where events come from, and where they go."""

    purpose: str
    destination: str
    controller: str
    input: str
    allowed: str
    denied: str
    group: str
    identifiers: tuple[tuple[IdentifierKind, Path], ...]
    """Where in an event the identifiers lie. All that are given in one must lead to one person."""
    headers: frozenset[str] = frozenset()
    """Names of the headers that allowed events keep; all others are left out."""
    guarantee: Guarantee = Guarantee.EXACTLY_ONCE
    instance: str = ""
    """Tells apart the processes of one group."""
    window_seconds: float = WINDOW
    """How long the windows are in which lineage hears of it."""

    def __post_init__(self) -> None:
        """Refuse what could not work.

        :raises StreamRefused: if two topics are one, no identifier is named, or windows have no length.
        """
        if not 1 <= self.window_seconds <= LONGEST_WINDOW:
            raise StreamRefused("a window of lineage lasts from a second to a day")
        if len({self.input, self.allowed, self.denied}) < 3:
            raise StreamRefused("write three different topics for input, allowed and denied")
        if not self.identifiers:
            raise StreamRefused("name where the identifiers lie, as in customer_id=customer.id")
        if len({kind for kind, _ in self.identifiers}) < len(self.identifiers):
            raise StreamRefused("each kind of identifier has one place: two of them are named twice")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How much is done at a time. Seconds, unless they say otherwise."""

    events_at_once: int = 2_000
    """Decided by one view of the decision store."""
    transaction_events: int = 20_000
    transaction_seconds: float = 1.0
    """How long events wait at most before they are committed."""
    transaction_timeout: float = 30.0
    """After which the brokers end the transaction of a process that died; until then others wait for it."""
    session_timeout: float = 30.0
    """After which a process that is silent loses its partitions."""
    step_seconds: float = 15.0
    """How long one step of the brokers may take."""
    look_seconds: float = 0.1
    """How long to wait for events before other things are seen to."""
    idle_seconds: float = 20.0
    """For how long no partition may be ours before the row says that this is waited for."""
    first_pause: float = 0.5
    longest_pause: float = 30.0
    """Between two attempts, while something is away."""
    begin_at: str = "earliest"
    """Where a group begins that has read nothing yet: `earliest` or `latest`."""
    extra: tuple[tuple[str, str | int | float | bool], ...] = field(default=())
    """Settings of the library's that tests change."""


class StreamRefused(AccordantError):
    """The stream cannot work as it is set up. The operator must change something."""

    code = "stream_refused"


class StreamFenced(AccordantError):
    """Another process took over this instance's place."""

    code = "stream_fenced"


class BrokersAway(AccordantError):
    """The brokers do not answer, or cannot do it now. It may work later."""

    code = "brokers_away"
    status = 503


class NotReady(AccordantError):
    """Nothing can be decided now, so nothing is read on. The message says what is waited for."""

    code = "stream_waits"
    status = 503
