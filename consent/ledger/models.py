"""The ledger's table, and the base of every table that holds evidence."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from django.db import connections, models, router
from django.db.models import Q

from consent.kernel.merkle import HASH_SIZE
from consent.ledger.append_only import AppendOnly
from consent.ledger.types import Stream

Row = TypeVar("Row", bound=models.Model)


class EvidenceManager(models.Manager[Row]):
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

    objects = EvidenceManager()

    class Meta:
        abstract = True
        triggers = [AppendOnly()]


class Leaf(Evidence):
    """One event in its place in the ledger. `envelope` is the truth; other columns are copied out of it."""

    index = models.BigIntegerField(primary_key=True)
    stream = models.CharField(max_length=16, choices=[(stream, stream) for stream in Stream])
    kind = models.CharField(max_length=64)
    event_id = models.CharField(max_length=64, unique=True)
    subject_ref = models.CharField(max_length=64, blank=True)  # empty: speaks of no subject
    subject_version = models.BigIntegerField(null=True, blank=True)
    envelope = models.BinaryField()
    leaf_hash = models.BinaryField(max_length=HASH_SIZE)
    recorded_at = models.DateTimeField()

    class Meta(Evidence.Meta):
        verbose_name_plural = "leaves"
        constraints = [
            models.CheckConstraint(condition=Q(index__gte=0), name="leaf_index_from_zero"),
            models.CheckConstraint(condition=Q(stream__in=list(Stream)), name="leaf_stream_known"),
            models.CheckConstraint(
                condition=Q(subject_ref="", subject_version__isnull=True)
                | (~Q(subject_ref="") & Q(subject_version__isnull=False, subject_version__gte=1)),
                name="leaf_subject_with_version",
            ),
            models.UniqueConstraint(
                fields=["subject_ref", "subject_version"],
                condition=~Q(subject_ref=""),
                name="leaf_one_event_per_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.index} {self.kind}"


class PrivatePart(Evidence):
    """The personal data that goes with one event, sealed under its subject's data key."""

    event_id = models.CharField(max_length=64, primary_key=True)
    subject_ref = models.CharField(max_length=64)
    ciphertext = models.BinaryField()

    class Meta(Evidence.Meta):
        indexes = [models.Index(fields=["subject_ref"], name="private_part_subject")]

    def __str__(self) -> str:
        return self.event_id
