"""Values that describe a data subject's choices. Pure: no Django, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from consent.signals.mapping.types import Conflict, Received, Unread
from consent.subjects.types import FactName, Identifier, SubjectRef

ANY_PURPOSE = "*"
"""The purpose of a record that speaks of all purposes: "unsubscribe from all" is one record."""


class Choice(StrEnum):
    """What a record says. The groups below say what each is good for."""

    GRANTED = "granted"
    CONFIRMED = "confirmed"  # a grant whose double opt-in was completed
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    OBJECTED = "objected"
    OPTED_OUT = "opted_out"
    LIMITED = "limited"  # "limit the use of my sensitive personal information"
    SIGNAL = "opt_out_signal"  # Global Privacy Control and its like
    PENDING = "pending"  # double opt-in asked for, not confirmed
    SHOWN = "shown"
    DISMISSED = "dismissed"
    INVALIDATED = "invalidated"  # an officer: the record named in `refers_to` was not validly collected
    OVERRULED = "objection_overruled"  # an officer, with a ground: the objection named in `refers_to`


YES = frozenset({Choice.GRANTED, Choice.CONFIRMED})
NO = frozenset(
    {Choice.REFUSED, Choice.WITHDRAWN, Choice.OBJECTED, Choice.OPTED_OUT, Choice.LIMITED, Choice.SIGNAL}
)
NEUTRAL = frozenset({Choice.PENDING, Choice.SHOWN, Choice.DISMISSED})
OFFICER = frozenset({Choice.INVALIDATED, Choice.OVERRULED})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceRecord:
    """One choice as it lies in the ledger. Times are aware; versions count per subject, from 1."""

    record_id: str
    subject_ref: str
    version: int
    purpose: str
    choice: Choice
    effective_at: datetime
    recorded_at: datetime
    controller: str | None = None
    """A grant always names one. A no that names none speaks to every controller."""
    destination: str | None = None
    """Set when the person spoke of one recipient only."""
    notice: str | None = None
    notice_version: int | None = None
    expires_at: datetime | None = None
    explicit: bool = False
    by_guardian: bool = False
    after_conflict_notice: bool = False
    """An opt-in given after the person was told that it conflicts with their signal (11 CCR 7025(c)(3))."""
    back_dated: bool = False
    refers_to: str | None = None
    """The record that a confirmation, invalidation or overruling speaks of, or that a no repeats; else the
    signal it came by."""


BACK_DATE_TOLERANCE = timedelta(minutes=5)
"""A choice told of later than this after it was made counts as back-dated."""

MAX_SOURCE = 200
"""The length of the longest name of a source: of a file, a system or a key."""


class FaultCode(StrEnum):
    """What was wrong with a row; stable, part of the public contract."""

    LINE_TOO_LONG = "line_too_long"
    MALFORMED_JSON = "malformed_json"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_FIELD = "unknown_field"
    MISSING_FIELD = "missing_field"
    TOO_MANY = "too_many"
    EMPTY_ROW = "empty_row"
    MALFORMED_VALUE = "malformed_value"
    UNKNOWN_IDENTIFIER_KIND = "unknown_identifier_kind"
    MALFORMED_IDENTIFIER = "malformed_identifier"
    UNKNOWN_CHOICE = "unknown_choice"
    OFFICERS_CHOICE = "officers_choice"
    UNKNOWN_PURPOSE = "unknown_purpose"
    CONTROLLER_REQUIRED = "controller_required"
    UNKNOWN_CONTROLLER = "unknown_controller"
    UNKNOWN_DESTINATION = "unknown_destination"
    NO_AFFIRMATIVE_ACT = "no_affirmative_act"
    UNKNOWN_NOTICE = "unknown_notice"
    UNKNOWN_RECORD = "unknown_record"
    MALFORMED_TIME = "malformed_time"
    TIME_OUT_OF_BOUNDS = "time_out_of_bounds"
    ENDS_BEFORE_START = "ends_before_start"
    NOT_VERIFIABLE = "not_verifiable"
    NEW_START_REFUSED = "new_start_refused"
    IDENTITY_CONFLICT = "identity_conflict"
    SUBJECT_ERASED = "subject_erased"
    UNKNOWN_FACT = "unknown_fact"
    MALFORMED_FACT = "malformed_fact"
    MALFORMED_TEXT = "malformed_text"
    MALFORMED_CSV = "malformed_csv"
    WRONG_COLUMN_COUNT = "wrong_column_count"
    UNMAPPED_PURPOSE = "unmapped_purpose"
    UNKNOWN_STATUS = "unknown_status"
    MALFORMED_SIGNAL = "malformed_signal"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a row. It never repeats a value of the row: values may be personal data."""

    path: str
    """Where, from the row's root: `choices[0].purpose`; empty for the row itself."""
    code: FaultCode
    message: str
    """What was expected, in plain words."""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


@dataclass(frozen=True, slots=True)
class SignalFault(Fault):
    """A signal that cannot be read: nothing of its row is written."""

    signal: str = ""
    """Its name in `signals`."""
    reason: str = ""
    """A stable word, as `consent.signals` gives it."""
    position: int | None = None
    """The character, from 0, where that is known."""
    field: str = ""
    """The specification's name of the field; empty where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The names that a row may use, as the policy in force declares them."""

    purposes: frozenset[str] = frozenset()
    controllers: frozenset[str] = frozenset()
    destinations: frozenset[str] = frozenset()
    notices: frozenset[tuple[str, int]] = frozenset()
    """Each notice's key with each version of it that there is."""
    max_back_dating: timedelta = timedelta(days=3650)
    """How long ago a choice other than a no may have been made when it is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChoice:
    """One choice of a row that was found to be in order. None and "" mean not said."""

    purpose: str
    choice: Choice
    effective_at: datetime
    controller: str | None = None
    destination: str | None = None
    notice: str | None = None
    notice_version: int | None = None
    method: str | None = None
    """The act by which it was given: `checkbox`, `letter`, …"""
    form: str | None = None
    """The form or page that collected it."""
    expires_at: datetime | None = None
    explicit: bool = False
    by_guardian: bool = False
    after_conflict_notice: bool = False
    refers_to: str | None = None
    by: "SignalKind | None" = None
    """The kind of the row's signal that it came by: its record then refers to that signal."""
    told_within: timedelta = timedelta()
    """How long after `effective_at` it may have been made: a time that names a day is a day long."""


class SignalKind(StrEnum):
    """The forms in which a choice travels as a signal; each is its name in `signals` of a request."""

    TCF = "tcf"  # a TC string of IAB Europe's framework
    GPP = "gpp"  # a string of IAB Tech Lab's Global Privacy Platform
    GPC = "gpc"  # the Global Privacy Control: `Sec-GPC: 1`
    USP = "usp"  # a US Privacy string


SIGNAL_ID = "sig"
"""What the ids of recorded signals begin with: in `refers_to`, they tell a signal from a record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFact:
    """One fact of a row that was found to be in order."""

    name: FactName
    value: str
    effective_at: datetime
    controller: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSignal:
    """One signal of a row, decoded and found to be in order."""

    kind: SignalKind
    text: str = field(repr=False)
    """As it was sent. It is personal data: it is sealed, and never logged."""
    effective_at: datetime
    """When it was made, as far as it says or its source told."""
    has_own_time: bool = False
    """It says itself when it was made: sent again, it says nothing new, whatever came between."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What it says of its framework; nothing of the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSignals:
    """The signals that came with a row, and what they were given under."""

    signals: tuple[NewSignal, ...]
    """At most one of each kind."""
    received: Received | None
    """What the mapping reads; None: the row's own choices are all that was read from them."""
    effective_at: datetime
    """When they were given; what says its own time has that."""
    controller: str | None = None
    notice: str | None = None
    notice_version: int | None = None
    places: tuple[str, ...] = ()
    """Jurisdictions that the source knows of, besides those on record."""
    conflicts: tuple[Conflict, ...] = ()
    """What whoever read them found them to speak against; none of those that the mapping reads."""


@dataclass(frozen=True, slots=True)
class NewRow:
    """What one source said about one person, found to be in order."""

    identifiers: tuple[Identifier, ...]
    """Normalised; at least one."""
    choices: tuple[NewChoice, ...]
    facts: tuple[NewFact, ...]
    new_start: bool = False
    """A new act of the person's own: an erasure does not stand against it."""
    signals: NewSignals | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalTaken:
    """What became of one signal of a row."""

    kind: SignalKind
    event_id: str
    """Its event's; of one that was on record already, the first one's."""
    repeated: bool
    """It was on record already, and nothing was written."""
    effective_at: datetime
    conflicts: tuple[Conflict, ...]
    unread: tuple[Unread, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one row."""

    subject_ref: SubjectRef
    """Who acted."""
    version: int
    """The subject's version after the row."""
    record_ids: tuple[str, ...]
    """The records written for the row's choices, in their order: a no has one for each subject it reached.

    Those that were read from its signals follow, and at the end the noes that were to be said once more.
    """
    signals: tuple[SignalTaken, ...] = ()
    choices: tuple[Choice, ...] = ()
    """What each of the records says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceInForce:
    """What a subject's records of one key come to: one purpose, controller and destination.

    It is what the person said, not whether data may be used: that is a decision, and takes a policy.
    """

    subject_ref: str
    purpose: str
    controller: str | None
    destination: str | None
    record_id: str
    """The record that speaks: the person's, or an officer's about it."""
    choice: Choice
    effective_at: datetime
    version: int
    recorded_at: datetime
    expires_at: datetime | None
    """When a yes ceases to count: its own end, or that of an earlier yes without which a no would stand."""
    notice: str | None
    notice_version: int | None
    back_dated: bool
    reviewed: bool
    """Whether an officer ever spoke about a record of this key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What officers invalidate together: all grants that one form or one notice version collected.

    At least one of `form` and `notice` is set; `notice_version` goes with `notice`.
    """

    form: str = ""
    notice: str = ""
    notice_version: int | None = None
    controller: str = ""
    """Empty: of every controller."""
    collected_from: datetime | None = None
    collected_until: datetime | None = None
    """Bounds of `effective_at`: the first is within, the second is not."""


@dataclass(frozen=True, slots=True)
class InvalidationProgress:
    """How far an invalidation got."""

    counted: int
    done: int
    finished: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalOnRecord:
    """One signal as it was recorded; its text lies sealed, and is not here."""

    event_id: str
    subject_ref: SubjectRef
    version: int
    kind: SignalKind
    controller: str | None
    effective_at: datetime
    recorded_at: datetime
    mapping_digest: str
    """The SHA-256, in hex, of the mapping that it was read by."""
    conflicts: tuple[Conflict, ...]
    unread: tuple[Unread, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalText:
    """The latest signal of one kind that a subject has on record, as it was sent."""

    text: str
    kind: SignalKind
    event_id: str
    controller: str | None
    effective_at: datetime
    """When it was made, as far as it says or its source told."""
    recorded_at: datetime
    holds: bool
    """Whether it still says what is on record: no later no by another way contradicts it."""
    noes_since: tuple[str, ...] = ()
    """The purposes refused since by other ways, in order; `*` is all of them."""
