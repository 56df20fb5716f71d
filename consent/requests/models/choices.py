"""Closed lists as the database holds them."""

from enum import StrEnum

from django.db import models
from django.db.models import Q


def listed(words: type[StrEnum]) -> list[tuple[str, str]]:
    """Return a field's choices."""
    return [(word.value, word.value.replace("_", " ")) for word in words]


def is_listed(field: str, words: type[StrEnum], *, optional: bool = False) -> models.CheckConstraint:
    """Return the constraint that `field` holds one of `words`, or nothing if it is `optional`."""
    allowed = [word.value for word in words] + ([""] if optional else [])
    return models.CheckConstraint(condition=Q(**{f"{field}__in": allowed}), name=f"%(class)s_{field}_known")
