"""A desk on which every free text is hostile: in each row, whatever the database lets stand there."""

import json
import re
from collections.abc import Iterator
from itertools import cycle
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import DataError, IntegrityError, connection, models, transaction

from activation.desk.person.models import PersonVisit
from tests.enforcement_world import POLICY
from tests.hostile_columns import FREE
from tests.hostile_rows import make_row
from tests.hostile_texts import STORABLE

TITLES = (
    "Shop policy",
    "The shop",
    "Germany",
    "United Kingdom",
    "E-mail address",
    "Audiences",
    "Show our offers to customers elsewhere.",
    "Privacy notice",
    "DPA-1",
)
"""What is free in the file of the shop's policy. A notice's text is not: it is refused if it holds markup."""
LONGEST, ROWS = 1500, 30
COLUMNS = [f"{label}.{name}" for label, names in FREE.items() for name in names.split()]


class Payloads:
    """The hostile texts, one after the other, and which of them were used."""

    def __init__(self) -> None:
        """Begin with the first."""
        self.used: set[str] = set()
        self._all = cycle(STORABLE)

    def take(self, limit: int) -> str:
        """Return as many of the next ones as fit."""
        taken: list[str] = []
        for payload in self._next():
            if len(" ".join([*taken, payload])) <= limit:
                taken.append(payload)
            elif taken:
                break
        self.used.update(taken)
        return " ".join(taken)

    def _next(self) -> Iterator[str]:
        for _ in STORABLE:
            yield next(self._all)


def write_policy(payloads: Payloads) -> str:
    """Return the shop's policy with hostile texts for whatever is free in its file."""
    text = POLICY
    for free in TITLES:
        assert free in text
        text = text.replace(free, json.dumps(_flatten(payloads.take(190))))
    return text


def plant(payloads: Payloads) -> list[str]:
    """Write hostile texts wherever the database keeps free ones, and return the columns in which none stands.

    Triggers are off meanwhile: they keep evidence from being changed, and are no shelter of pages.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        return [column for column in COLUMNS if not _plant(column, payloads)]


def find_shown(text: str) -> set[str]:
    """Return the columns whose hostile texts stand in a page."""
    return {COLUMNS[int(number)] for number in re.findall(r"(?i)planted(\d+)\.", text)}


def _plant(column: str, payloads: Payloads) -> bool:
    """Fill the column of the first rows, one of which is made if need be; return whether one let it be so."""
    label, _, name = column.rpartition(".")
    model = apps.get_model(label)
    if not model._base_manager.exists():
        make_row(model)
    field, rows = model._meta.get_field(name), model._base_manager.order_by("pk").values_list("pk", flat=True)
    return sum(_is_filled(model, pk, field, payloads) for pk in list(rows[:ROWS])) > 0


def _is_filled(model: type[models.Model], pk: object, field: Any, payloads: Payloads) -> bool:
    """Write the text, after a mark that tells where it was planted."""
    mark = f"planted{COLUMNS.index(f'{model._meta.label_lower}.{field.name}')}."
    text = mark + payloads.take(_measure(field) - len(mark))
    return _write(model, pk, field, text) or _write(model, pk, field, _flatten(text))


def _flatten(text: str) -> str:
    """Return the text as one line."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _write(model: type[models.Model], pk: object, field: Any, text: str) -> bool:
    try:
        with transaction.atomic():
            model._base_manager.filter(pk=pk).update(**{field.name: _shape(field, text)})
    except (IntegrityError, DataError):
        return False  # the database keeps nothing else than what belongs there
    return True


def _measure(field: Any) -> int:
    inner = getattr(field, "base_field", field)
    return min(inner.max_length or LONGEST, LONGEST)


def _shape(field: Any, text: str) -> object:
    if isinstance(field, models.JSONField):
        return {text: text}
    return [text] if isinstance(field, ArrayField) else text


def repeat_visit(visit: PersonVisit, times: int) -> None:
    """Let the look-up stand in the list as often as that, so that every payload has room as its reason."""
    row = {field.attname: getattr(visit, field.attname) for field in PersonVisit._meta.concrete_fields}
    PersonVisit.objects.bulk_create(PersonVisit(**{**row, "id": uuid4()}) for _ in range(times))
