"""The data keys, wrapped. No evidence: a row is rewritten by a rotation, and gone after an erasure."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, models
from django.db.models import Q
from django.db.models.functions import Now

from consent.keys.types import KeysUnavailable


@contextmanager
def reachable() -> Iterator[None]:
    """Run a block that needs the keys' database.

    :raises KeysUnavailable: if it cannot be reached, or gives up on a statement.
    """
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise KeysUnavailable("The database of the data keys does not answer. Try again.") from error


class DataKey(models.Model):
    """One subject's data key, wrapped under one version of the key-encryption key."""

    subject_ref = models.CharField(max_length=64, primary_key=True)
    kek_version = models.PositiveIntegerField()
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(subject_ref=""), name="data_key_of_a_subject"),
            models.CheckConstraint(condition=Q(kek_version__gte=1), name="data_key_version_from_one"),
        ]

    def __str__(self) -> str:
        return f"key of {self.subject_ref}"
