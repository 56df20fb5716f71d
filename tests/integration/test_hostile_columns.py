"""Whatever column of the desk holds a text is hostile in the tests, or has a reason not to be."""

from collections.abc import Iterator

from django.contrib import admin
from django.contrib.postgres.fields import ArrayField
from django.db import models

from tests.hostile_columns import CLOSED
from tests.hostile_world import COLUMNS

TEXTS = (models.CharField, models.TextField, models.JSONField, ArrayField)
WORDS = {name for names in CLOSED.values() for name in names.split()}


def list_texts() -> Iterator[tuple[str, str]]:
    """Yield each column of the desk's tables that holds a text of no list: in full, and its name."""
    for model in admin.site._registry:
        if model._meta.proxy or not model._meta.managed:
            continue
        for field in model._meta.concrete_fields:
            if isinstance(field, TEXTS) and not field.choices:
                yield f"{model._meta.label_lower}.{field.name}", field.name


def test_every_column_of_the_desk_is_hostile_or_closed() -> None:
    left = {column for column, name in list_texts() if column not in COLUMNS and not {column, name} & WORDS}

    assert left == set()


def test_no_word_is_closed_that_no_column_is_called() -> None:
    rest = {word for column, name in list_texts() if column not in COLUMNS for word in (column, name)}

    assert WORDS - rest == set()
