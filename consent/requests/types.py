"""Values that describe data subject requests. Pure: no Django, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from consent.kernel.errors import AccordantError
from consent.subjects.types import Identifier, IdentifierKind


class RequestType(StrEnum):
    """What a data subject asks for."""

    ACCESS = "access"
    PORTABILITY = "portability"
    ERASURE = "erasure"
    RECTIFICATION = "rectification"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    OPT_OUT = "opt_out"  # of sale, sharing and targeted advertising
    LIMIT_SENSITIVE = "limit_sensitive"
    AUTOMATED_DECISION = "automated_decision"  # review by a human
    WITHDRAWAL = "withdrawal"  # of consent
    COMPLAINT = "complaint"
    APPEAL = "appeal"  # against what became of an earlier request


NEVER_VERIFIED = frozenset(
    {RequestType.OPT_OUT, RequestType.LIMIT_SENSITIVE, RequestType.WITHDRAWAL, RequestType.OBJECTION}
)
"""Who says no is believed: nobody asks for proof of identity (11 CCR 7026(d), 7027(e))."""
CHOICES_ALONE = NEVER_VERIFIED
"""What is done by recording a no and pulling it through."""


class RequestState(StrEnum):
    """How far a request is. Whether its clock stands still, and whether it was extended, is told beside."""

    RECEIVED = "received"
    VERIFYING = "verifying"
    IN_PROGRESS = "in_progress"
    IN_REVIEW = "in_review"
    FULFILLED = "fulfilled"
    PARTLY_FULFILLED = "partly_fulfilled"
    REFUSED = "refused"
    EXPIRED = "expired"  # the person never proved who they are, or never answered
    CANCELLED = "cancelled"  # by the person, or joined to another request


CLOSED = frozenset(
    {
        RequestState.FULFILLED,
        RequestState.PARTLY_FULFILLED,
        RequestState.REFUSED,
        RequestState.EXPIRED,
        RequestState.CANCELLED,
    }
)
"""From these no way leads on. Whoever disagrees appeals, which is a request of its own."""


CALLED_OFF = frozenset({RequestState.REFUSED, RequestState.EXPIRED, RequestState.CANCELLED})
"""In none of these an erasure ends that was approved: it has begun, and can only be finished."""


class Channel(StrEnum):
    """Which way a request came in."""

    PORTAL = "portal"
    API = "api"
    OFFICER = "officer"
    EMAIL_LINK = "email_link"
    DRP = "drp"
    OPENDSR = "opendsr"


class Level(StrEnum):
    """How sure it must be that a request is the person's own."""

    NONE = "none"
    CONTACT = "contact"  # a contact on record answers
    STRONG = "strong"  # an officer has seen a document, or a login vouches


class Method(StrEnum):
    """How it was shown that a request is the person's own."""

    EMAIL_CODE = "email_code"
    SMS_CODE = "sms_code"
    TOKEN = "token"  # the caller vouches: the person is logged in there  # noqa: S105 - a word
    DOCUMENT = "document"  # an officer looked at one
    AGENT = "agent"  # a trusted agent vouches


class Actor(StrEnum):
    """Who did something to a request. Which officer, the event says beside."""

    PERSON = "person"
    OFFICER = "officer"
    AGENT = "agent"
    CALLER = "caller"  # of the API
    SYSTEM = "system"


class EventKind(StrEnum):
    """What happened to a request: the timeline's closed list."""

    RECEIVED = "received"
    JOINED = "joined"  # another request turned out to be the same
    ACKNOWLEDGED = "acknowledged"
    JURISDICTION_DECIDED = "jurisdiction_decided"
    ASSIGNED = "assigned"
    NOTED = "noted"
    VERIFICATION_ASKED = "verification_asked"
    VERIFICATION_FAILED = "verification_failed"
    VERIFIED = "verified"
    MATCHED = "matched"  # with subjects on record, or with none
    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    EXTENDED = "extended"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    STEPS_PLANNED = "steps_planned"
    STEP_ENDED = "step_ended"
    STEP_RETRIED = "step_retried"
    PROPOSED = "proposed"  # an erasure, to a second person
    APPROVED = "approved"
    SENT_BACK = "sent_back"
    IN_REVIEW = "in_review"
    REDACTED = "redacted"
    PACKAGE_BUILT = "package_built"
    PACKAGE_RELEASED = "package_released"
    PACKAGE_WITHDRAWN = "package_withdrawn"
    DOWNLOADED = "downloaded"
    RECIPIENTS_TOLD = "recipients_told"
    CERTIFIED = "certified"
    MAIL_SENT = "mail_sent"
    MAIL_FAILED = "mail_failed"
    FULFILLED = "fulfilled"
    PARTLY_FULFILLED = "partly_fulfilled"
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    APPEALED = "appealed"
    CONTENT_DESTROYED = "content_destroyed"


class PauseGround(StrEnum):
    """Why a clock may stand still. Which of them a law knows, the clocks' rules say."""

    IDENTITY = "identity"
    CLARIFICATION = "clarification"
    FEE = "fee"


class ExtensionGround(StrEnum):
    """Why a period may be extended (GDPR Art. 12(3))."""

    COMPLEXITY = "complexity"
    NUMBER_OF_REQUESTS = "number_of_requests"


class RefusalGround(StrEnum):
    """Why a request is refused. 11 CCR 7102 counts them."""

    NOT_VERIFIED = "not_verified"
    NOT_BY_THE_PERSON = "not_by_the_person"  # an agent without authority
    NO_SUCH_RIGHT = "no_such_right"
    LEGAL_EXEMPTION = "legal_exemption"
    RIGHTS_OF_OTHERS = "rights_of_others"
    MANIFESTLY_UNFOUNDED = "manifestly_unfounded"
    EXCESSIVE = "excessive"
    SUSPECTED_FRAUD = "suspected_fraud"
    NO_DATA = "no_data"
    OVERRIDING_GROUNDS = "overriding_grounds"  # GDPR Art. 21(1); never against direct marketing
    OTHER = "other"


class StepAction(StrEnum):
    """What one step of a request does."""

    COLLECT = "collect"
    RECTIFY = "rectify"
    RESTRICT = "restrict"
    ERASE = "erase"
    VERIFY_GONE = "verify_gone"  # asks again what is still there
    RECORD = "record"  # the choice, or the fact, in the ledger
    TELL_RECIPIENTS = "tell_recipients"  # GDPR Art. 19; of an access request: list them
    DESTROY_KEYS = "destroy_keys"  # of the ledger's private parts, last
    ASSESS = "assess"  # an officer looks into it, and answers


class StepState(StrEnum):
    """How far a step is."""

    BLOCKED = "blocked"  # an earlier phase is not done
    READY = "ready"  # a worker takes it, or has it; its lease says which
    WAITING = "waiting"  # for an answer from outside: a call-back, a human, the recipients
    DONE = "done"
    PARTLY_DONE = "partly_done"  # and the report says what was not
    FAILED = "failed"  # and stays so until an officer has it tried again, or goes on without it
    SKIPPED = "skipped"  # an officer goes on without it, with a reason


STEP_ENDED = frozenset({StepState.DONE, StepState.PARTLY_DONE, StepState.SKIPPED})
"""The next phase begins when all steps of the phase before it are in one of these."""


class SystemKind(StrEnum):
    """How a system is reached."""

    SQL = "sql"
    HTTP = "http"
    FILES = "files"
    WEBHOOK = "webhook"
    OPENDSR = "opendsr"
    DATA_DELETION = "data_deletion"  # IAB Data Deletion Request Framework
    HUMAN = "human"


class Masking(StrEnum):
    """What becomes of a field when its row is erased but stays."""

    NULL = "null"
    HASH = "hash"
    REPLACE = "replace"
    KEEP = "keep"  # on a legal ground, which the field names


class OnErasure(StrEnum):
    """What becomes of a dataset's rows."""

    DELETE = "delete"
    MASK = "mask"  # the row stays, its fields are masked
    KEEP = "keep"  # on a legal ground, which the dataset names


class MailTemplate(StrEnum):
    """What the person is written."""

    RECEIVED = "received"
    CODE = "code"
    CONFIRM = "confirm"  # a link that begins a request
    PAUSED = "paused"
    EXTENDED = "extended"
    REFUSED = "refused"
    EXPIRED = "expired"
    FULFILLED = "fulfilled"
    PACKAGE_READY = "package_ready"
    ERASED = "erased"
    RECIPIENTS = "recipients"
    LINK = "link"  # a new link to the page of a request


class LinkPurpose(StrEnum):
    """What a link that was sent to a person is for."""

    STATUS = "status"
    CONFIRM = "confirm"
    PACKAGE = "package"


class PackageState(StrEnum):
    """How far an access package is."""

    BUILDING = "building"
    READY = "ready"  # an officer looks at it
    RELEASED = "released"
    FAILED = "failed"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom a request is about, as systems are asked for them. Never logged; lives in sealed parts only."""

    identifiers: Mapping[IdentifierKind, tuple[str, ...]] = field(repr=False)
    """Normalised, by kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest:
    """What comes in: as little as finds the person and says what they ask."""

    type: RequestType
    controller: str
    """The brand that is asked, by slug."""
    identifiers: tuple[Identifier, ...] = field(repr=False)
    channel: Channel
    received_at: datetime
    jurisdiction: str | None = None
    """Where the person says they live; None: not told."""
    language: str = "en"
    details: str = field(default="", repr=False)
    """In the person's own words. Sealed."""
    corrections: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of a rectification: data category or field -> what it should be. Sealed."""
    purposes: tuple[str, ...] = ()
    """Of an objection or a withdrawal: which; empty: all."""
    reply_to: str | None = field(default=None, repr=False)
    """An e-mail address to answer to. Sealed."""
    agent: str | None = None
    """The authorised agent who asks for the person, by slug."""
    vouched: bool = False
    """The caller knows that it is the person: they are logged in there."""
    appeal_of: str | None = None
    """The reference of the request that is appealed against."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetReport:
    """What one dataset of a system answered to a step. Counts; they name nobody."""

    dataset: str
    found: int = 0
    done: int = 0
    """Rows erased, masked, corrected or collected."""
    kept: int = 0
    ground: str = ""
    """Why rows were kept: the hold, or the legal ground."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a connector did for one step."""

    state: StepState
    """DONE, PARTLY_DONE or WAITING."""
    datasets: tuple[DatasetReport, ...] = ()
    reference: str = ""
    """What the system calls it, for asking again."""
    note: str = ""
    """For the officer. No personal data."""


class RequestNotFound(AccordantError):
    """There is no such request."""

    code = "request_not_found"
    status = 404


class ChangedMeanwhile(AccordantError):
    """Somebody else changed the request since it was read."""

    code = "changed_meanwhile"
    status = 409


class NotPossible(AccordantError):
    """The request is in a state in which this cannot be done."""

    code = "not_possible"
    status = 409


class ContentDestroyed(AccordantError):
    """What the person wrote, and what was found, has been destroyed: its time was over."""

    code = "content_destroyed"
    status = 410
