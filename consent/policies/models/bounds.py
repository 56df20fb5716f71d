"""Bounds that several tables share: the form and the database refuse the same, in the same words.

Each takes the name of the table it stands on, so an abstract model can hold it.
"""

from enum import StrEnum

from django.db import models
from django.db.models import Q


# Plain texts: constraints are copied into migrations, which must not depend on the enum of the day.
def values(words: type[StrEnum]) -> list[str]:
    """Return the words of a closed list."""
    return [word.value for word in words]


def choices(words: type[StrEnum]) -> list[tuple[str, str]]:
    """Return the words of a closed list as a form offers them."""
    return [(value, value.replace("_", " ")) for value in values(words)]


def is_known(field: str, words: type[StrEnum], *, but: str | None = None) -> models.CheckConstraint:
    """Return the constraint that `field` holds a word of the closed list."""
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": [value for value in values(words) if value != but]}),
        name=f"%(class)s_{field}_known",
        violation_error_message=f"Choose the {field.replace('_', ' ')} from the list.",
    )


def is_within(field: str, least: int, most: int, *, optional: bool = False) -> models.CheckConstraint:
    """Return the constraint that `field` holds a number in a range, or nothing where it is optional."""
    in_range = Q(**{f"{field}__gte": least, f"{field}__lte": most})
    return models.CheckConstraint(
        condition=in_range | Q(**{f"{field}__isnull": True}) if optional else in_range,
        name=f"%(class)s_{field}_in_range",
        violation_error_message=(
            f"Give a number from {least} to {most} for {field.replace('_', ' ')}"
            + (", or leave it empty." if optional else ".")
        ),
    )


def is_written(field: str, message: str) -> models.CheckConstraint:
    """Return the constraint that the text `field` says something."""
    return models.CheckConstraint(
        condition=Q(**{f"{field}__regex": r"\S"}),
        name=f"%(class)s_{field}_written",
        violation_error_message=message,
    )


def begins_once(*fields: str) -> models.UniqueConstraint:
    """Return the constraint that one row of the jurisdiction and `fields` begins on a day.

    A row holds until the next one begins, so two of them never hold at once.
    """
    return models.UniqueConstraint(
        fields=["jurisdiction", *fields, "effective_from"],
        name="%(class)s_begins_once",
        violation_error_message=(
            "Another row says the same thing from that day on: change that row, or choose another first day."
        ),
    )
