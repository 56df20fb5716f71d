"""The ledger's tables, and the base of every table that holds evidence."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TypeVar

from django.db import connections, models, router
from django.db.models import F, Q
from django.db.models.functions import Now

from consent.kernel.merkle import HASH_SIZE
from consent.ledger.append_only import AppendOnly, AppendOnlyUntilPruned, NeverChanged, OwnersOnly
from consent.ledger.trail import IN_TRAIL, STILL_THERE, ToldOfficer, ToldPage
from consent.ledger.types import Stream

Row = TypeVar("Row", bound=models.Model)


class CopyManager(models.Manager[Row]):
    """Writes many rows at once."""

    def copy_in(self, fields: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Append `rows`, each with its values in the order of `fields`, by one COPY.

        Values are written as they are: no defaults and no Python-side checks, only the table's own.
        """
        connection = connections[router.db_for_write(self.model)]
        quote = connection.ops.quote_name
        columns = ", ".join(quote(self._column_of(field)) for field in fields)
        statement = f"COPY {quote(self.model._meta.db_table)} ({columns}) FROM STDIN"
        with (
            connection.wrap_database_errors,
            connection.cursor() as cursor,
            cursor.copy(statement) as copy,
        ):
            for row in rows:
                copy.write_row(row)

    def _column_of(self, field: str) -> str:
        column: str = self.model._meta.get_field(field).column  # type: ignore[union-attr, assignment]  # own fields
        return column


class Evidence(models.Model):
    """A row that is never changed and never deleted: the database refuses it.

    A subclass inherits `Evidence.Meta`, for the trigger.
    """

    objects = CopyManager()

    class Meta:
        abstract = True
        triggers = [AppendOnly()]


class PrunableEvidence(Evidence):
    """Evidence that is kept for a time: then the owner's pruning function takes it, and nothing else can.

    A subclass inherits `PrunableEvidence.Meta`, for the trigger.
    """

    class Meta:
        abstract = True
        triggers = [AppendOnlyUntilPruned()]


class Event(models.Model):
    """What a pending event and a leaf have in common. `envelope` is the truth; the rest is copied from it."""

    stream = models.CharField(max_length=16, choices=[(stream, stream) for stream in Stream])
    kind = models.CharField(max_length=64)
    event_id = models.CharField(max_length=64)
    subject_ref = models.CharField(max_length=64, blank=True)  # empty: speaks of no subject
    subject_version = models.BigIntegerField(null=True, blank=True)
    envelope = models.BinaryField()
    recorded_at = models.DateTimeField()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(condition=Q(stream__in=list(Stream)), name="%(class)s_stream_known"),
            models.CheckConstraint(
                condition=Q(subject_ref="", subject_version__isnull=True)
                | (~Q(subject_ref="") & Q(subject_version__isnull=False, subject_version__gte=1)),
                name="%(class)s_subject_with_version",
            ),
            models.UniqueConstraint(
                fields=["subject_ref", "subject_version"],
                condition=~Q(subject_ref=""),
                name="%(class)s_one_event_per_version",
            ),
            # not `unique=True`, which brings a second index, for LIKE: every write would pay for it
            models.UniqueConstraint(fields=["event_id"], name="%(class)s_event_once"),
        ]


class PendingEvent(Event):
    """An event that is committed and has no place in the tree yet: the sequencer moves it to a leaf.

    A row is deleted in the transaction that makes its leaf, and in no other way; it is never changed.
    """

    objects = CopyManager()

    class Meta(Event.Meta):
        triggers = [NeverChanged()]

    def __str__(self) -> str:
        return f"{self.event_id} {self.kind}"


class Leaf(PrunableEvidence, Event):
    """One event in its place in the ledger. A pruned one has an empty envelope, and all else as it was."""

    index = models.BigIntegerField(primary_key=True)
    leaf_hash = models.BinaryField(max_length=HASH_SIZE)

    class Meta(PrunableEvidence.Meta, Event.Meta):
        verbose_name_plural = "leaves"
        constraints = [
            *Event.Meta.constraints,
            models.CheckConstraint(condition=Q(index__gte=0), name="leaf_index_from_zero"),
        ]
        indexes = [
            models.Index(  # what grows old by itself; the consent stream is found by its subjects
                fields=["stream", "index"],
                condition=~Q(stream=Stream.CONSENT) & ~Q(envelope=b""),
                name="leaf_not_pruned",
            ),
            # the audit trail's page: by what officers ask for, the newest first
            models.Index(F("index").desc(), condition=IN_TRAIL, name="leaf_trail"),
            models.Index(F("kind"), F("index").desc(), condition=IN_TRAIL, name="leaf_trail_kind"),
            models.Index(F("recorded_at"), condition=IN_TRAIL, name="leaf_trail_time"),
            models.Index(
                ToldOfficer("envelope"), F("index").desc(), condition=STILL_THERE, name="leaf_trail_officer"
            ),
            models.Index(
                ToldPage("envelope"), F("index").desc(), condition=STILL_THERE, name="leaf_trail_page"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.index} {self.kind}"


class AuditLeaf(Leaf):
    """A leaf of the audit stream, as the audit trail shows it."""

    class Meta:
        proxy = True
        verbose_name = verbose_name_plural = "audit trail"


class TreeNode(Evidence):
    """The hash of a complete, perfect subtree of 2**level leaves, from level 1: it never changes."""

    pk = models.CompositePrimaryKey("level", "index")
    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField(max_length=HASH_SIZE)

    class Meta(Evidence.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(level__gte=1, index__gte=0), name="node_above_leaves")
        ]

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class Checkpoint(Evidence):
    """The signed size and root of the log. `note` is the truth; size and root are copied from it."""

    number = models.BigIntegerField(primary_key=True)  # from 0, without gaps
    size = models.BigIntegerField(unique=True)
    root = models.BinaryField(max_length=HASH_SIZE)
    note = models.BinaryField()

    class Meta(Evidence.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(number__gte=0, size__gte=1), name="checkpoint_in_order")
        ]

    def __str__(self) -> str:
        return f"{self.size}"


class LogKey(Evidence):
    """A key that signs checkpoints of more than `from_size` leaves, until the next one does."""

    number = models.PositiveIntegerField(primary_key=True)  # from 0, without gaps
    from_size = models.BigIntegerField()
    verify_key = models.CharField(max_length=300)
    handover = models.BinaryField()  # the note by which the key before it handed over; empty for the first

    class Meta(Evidence.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(from_size__gte=0), name="log_key_from_a_size"),
            models.CheckConstraint(
                condition=Q(number=0, from_size=0, handover=b"") | (Q(number__gte=1) & ~Q(handover=b"")),
                name="log_key_handed_over",
            ),
        ]

    def __str__(self) -> str:
        return self.verify_key


class LedgerVerification(Evidence):
    """One whole check of the ledger: how much it was over, and how many things were not as they should be."""

    verified_at = models.DateTimeField(db_default=Now())
    size = models.BigIntegerField()  # leaves that were checked
    signed_size = models.BigIntegerField()  # how many of them are under a signed checkpoint
    findings = models.PositiveIntegerField()
    key_given = models.BooleanField()  # whether the published key was given: without it a forger may pass
    witnessed_size = models.BigIntegerField(null=True, blank=True)  # of what a witness kept; null: not asked

    class Meta(Evidence.Meta):
        indexes = [models.Index(fields=["-verified_at", "-id"], name="verification_newest_first")]
        constraints = [
            models.CheckConstraint(
                condition=Q(size__gte=0, signed_size__gte=0), name="verification_sizes_from_zero"
            )
        ]

    def __str__(self) -> str:
        return f"{self.verified_at:%Y-%m-%d %H:%M:%S}"


class WitnessNote(models.Model):
    """What one witness was last told. Not evidence: what it kept, it alone can show."""

    name = models.CharField(max_length=200, primary_key=True)
    size = models.BigIntegerField(default=0)  # of the last checkpoint that it took
    told_at = models.DateTimeField(null=True, blank=True)  # when it took it
    failing_since = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class PrivatePart(PrunableEvidence):
    """The personal data that goes with one event, sealed under its subject's data key."""

    event_id = models.CharField(max_length=64, primary_key=True)
    subject_ref = models.CharField(max_length=64)
    ciphertext = models.BinaryField()

    class Meta(PrunableEvidence.Meta):
        indexes = [models.Index(fields=["subject_ref"], name="private_part_subject")]

    def __str__(self) -> str:
        return self.event_id


class RetentionRule(models.Model):
    """How long the content of a stream's entries is kept at least. Only the tables' owner may shorten it."""

    stream = models.CharField(
        max_length=16, primary_key=True, choices=[(stream, stream) for stream in Stream]
    )
    kept_for = models.DurationField(null=True, blank=True)  # none: for ever

    class Meta:
        triggers = [OwnersOnly()]
        constraints = [
            models.CheckConstraint(condition=Q(stream__in=list(Stream)), name="retention_rule_stream_known"),
            models.CheckConstraint(
                condition=Q(kept_for__isnull=True) | Q(kept_for__gt=timedelta(0)),
                name="retention_rule_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.stream


class ErasedSubject(models.Model):
    """A subject that no decision can reach any more. Triggers on subjects write it, not back-dated."""

    subject_ref = models.CharField(max_length=64, primary_key=True)
    erased_at = models.DateTimeField(db_index=True)  # never before the database's clock at that time

    class Meta:
        triggers = [OwnersOnly()]

    def __str__(self) -> str:
        return self.subject_ref


class Pruning(models.Model):
    """How far one pruning got. Not evidence: the ledger's announcement is."""

    event_id = models.CharField(max_length=64, primary_key=True)
    stream = models.CharField(max_length=16, choices=[(stream, stream) for stream in Stream])
    before = models.DateTimeField()
    leaves = models.PositiveIntegerField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    announced_at = models.DateTimeField()
    executed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(
        null=True, blank=True
    )  # it was announced, and is not allowed any more

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stream"],
                condition=Q(executed_at__isnull=True, withdrawn_at__isnull=True),
                name="pruning_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.event_id
