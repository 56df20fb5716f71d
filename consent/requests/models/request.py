"""One request: its state and its dates. What the person said of themselves lies in sealed parts."""

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from consent.keys.types import SealedSecret
from consent.ledger.models import Evidence
from consent.requests.models.choices import is_listed, listed
from consent.requests.transition_trigger import KnownTransitions
from consent.requests.types import (
    CALLED_OFF,
    CLOSED,
    Actor,
    Channel,
    EventKind,
    Level,
    Method,
    RefusalGround,
    RequestState,
    RequestType,
)

_CLOSED = sorted(CLOSED)
_CALLED_OFF = sorted(state.value for state in CALLED_OFF)


class Agent(models.Model):
    """Who may ask for other people: an authorised agent (CCPA 1798.185, 11 CCR 7063)."""

    slug = models.SlugField(max_length=64, unique=True)
    title = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    is_trusted = models.BooleanField(default=False, help_text="Has shown that it verifies the people itself.")
    verify_key = models.CharField(max_length=64, blank=True, help_text="Ed25519, base64; of protocols.")
    token_hash = models.CharField(max_length=64, blank=True, editable=False)
    token_issued_at = models.DateTimeField(null=True, blank=True, editable=False)
    note = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return self.title


class Request(models.Model):
    """One request of one person. Whoever changes it locks this row, and takes the next version."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    reference = models.CharField(max_length=16, unique=True)  # what people and officers call it; random
    type = models.CharField(max_length=24, choices=listed(RequestType))
    state = models.CharField(max_length=24, choices=listed(RequestState), default=RequestState.RECEIVED.value)
    version = models.PositiveIntegerField(default=0)
    controller = models.CharField(max_length=64)
    channel = models.CharField(max_length=16, choices=listed(Channel))
    language = models.CharField(max_length=8, default="en")
    purposes = ArrayField(models.CharField(max_length=200), default=list, blank=True)

    jurisdiction = models.CharField(max_length=6, blank=True)  # empty: an officer has to decide
    jurisdiction_reason = models.CharField(max_length=300, blank=True)
    received_at = models.DateTimeField()
    zone = models.CharField(max_length=64, default="UTC")
    acknowledge_by = models.DateField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)  # null: without delay
    extended_due_on = models.DateField(null=True, blank=True)
    due_at = models.DateTimeField()  # the end of the date in force; what is due first sorts first
    paused_at = models.DateTimeField(null=True, blank=True)  # set: the clock stands still
    extended_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)

    level = models.CharField(max_length=16, choices=listed(Level), default=Level.CONTACT.value)
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.CharField(max_length=16, choices=listed(Method), blank=True)
    subjects = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, null=True, blank=True, related_name="requests")

    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    joined_to = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="joined"
    )
    appeal_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="appeals"
    )
    continues = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="continued_by"
    )  # the erasure whose rest this one erases, once a legal hold is over
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    proposed_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    ground = models.CharField(max_length=32, choices=listed(RefusalGround), blank=True)
    run_id = models.UUIDField(default=uuid4, editable=False)  # in lineage

    kek_version = models.PositiveIntegerField(default=0)  # 0: the content is destroyed
    wrapped = models.BinaryField(default=b"")
    sealed = models.BinaryField(default=b"")
    content_destroyed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        triggers = [KnownTransitions()]
        permissions = [
            ("handle_requests", "Can handle data subject requests"),
            ("approve_erasures", "Can approve an erasure that somebody else proposed"),
            ("read_request_content", "Can read what people wrote and what was found about them"),
        ]
        constraints = [
            is_listed("type", RequestType),
            is_listed("state", RequestState),
            is_listed("channel", Channel),
            is_listed("level", Level),
            is_listed("verified_by", Method, optional=True),
            is_listed("ground", RefusalGround, optional=True),
            models.CheckConstraint(
                condition=Q(state__in=_CLOSED, closed_at__isnull=False)
                | (~Q(state__in=_CLOSED) & Q(closed_at__isnull=True)),
                name="request_closed_with_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=RequestState.REFUSED.value) | ~Q(ground=""),
                name="request_refused_with_ground",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | Q(proposed_by__isnull=False) & ~Q(approved_by=F("proposed_by")),
                name="request_approved_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(approved_at__isnull=True) | ~Q(state__in=_CALLED_OFF),
                name="request_begun_erasure_not_called_off",
            ),
            models.CheckConstraint(
                condition=Q(content_destroyed_at__isnull=True) | Q(kek_version=0, wrapped=b"", sealed=b""),
                name="request_content_destroyed_with_key",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"], condition=~Q(state__in=_CLOSED), name="request_open_by_due"
            ),
            models.Index(fields=["-received_at", "id"], name="request_newest_first"),
            models.Index(fields=["state", "due_at", "id"], name="request_by_state"),
            models.Index(fields=["assigned_to", "due_at"], name="request_by_officer"),
            models.Index(fields=["closed_at"], name="request_by_closing"),
            models.Index(
                fields=["due_at", "id"],
                condition=Q(proposed_at__isnull=False, approved_at__isnull=True),
                name="request_waits_for_approval",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be done any more."""
        return self.state in CLOSED

    @property
    def key_name(self) -> str:
        """The name that the request's data key is sealed under."""
        return f"request/{self.pk}"

    def as_sealed(self) -> SealedSecret:
        """Return the data key as it is opened and wrapped anew."""
        return SealedSecret(version=self.kek_version, wrapped=bytes(self.wrapped), sealed=bytes(self.sealed))


class SealedPart(models.Model):
    """A part of what is personal about a request, sealed under the request's data key."""

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="parts")
    name = models.CharField(max_length=80)  # what it is: person, details, note/<id>, step/<id>, package/<id>
    number = models.PositiveIntegerField(default=0)
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "name", "number"], name="request_part_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class RequestEvent(Evidence):
    """One line of a request's timeline. Nothing in it names the person."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=32, choices=listed(EventKind))
    at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=16, choices=listed(Actor))
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    before = models.CharField(max_length=24, blank=True)  # the states, where it changed
    after = models.CharField(max_length=24, blank=True)
    ground = models.CharField(max_length=64, blank=True)
    detail = models.JSONField(default=dict, blank=True)  # counts, slugs, ids, dates

    class Meta(Evidence.Meta):
        constraints = [
            is_listed("kind", EventKind),
            is_listed("actor", Actor),
        ]
        indexes = [models.Index(fields=["request", "at", "id"], name="request_event_timeline")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at}"
