"""The ledger's tables, and the base of every table that holds evidence."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from django.db import connections, models, router
from django.db.models import Q

from consent.kernel.merkle import HASH_SIZE
from consent.ledger.append_only import AppendOnly, NeverChanged
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


class Event(models.Model):
    """What a pending event and a leaf have in common. `envelope` is the truth; the rest is copied from it."""

    stream = models.CharField(max_length=16, choices=[(stream, stream) for stream in Stream])
    kind = models.CharField(max_length=64)
    event_id = models.CharField(max_length=64, unique=True)
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


class Leaf(Evidence, Event):
    """One event in its place in the ledger."""

    index = models.BigIntegerField(primary_key=True)
    leaf_hash = models.BinaryField(max_length=HASH_SIZE)

    class Meta(Evidence.Meta, Event.Meta):
        verbose_name_plural = "leaves"
        constraints = [
            *Event.Meta.constraints,
            models.CheckConstraint(condition=Q(index__gte=0), name="leaf_index_from_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.index} {self.kind}"


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


class PrivatePart(Evidence):
    """The personal data that goes with one event, sealed under its subject's data key."""

    event_id = models.CharField(max_length=64, primary_key=True)
    subject_ref = models.CharField(max_length=64)
    ciphertext = models.BinaryField()

    class Meta(Evidence.Meta):
        indexes = [models.Index(fields=["subject_ref"], name="private_part_subject")]

    def __str__(self) -> str:
        return self.event_id
