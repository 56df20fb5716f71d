"""What a list shows in one cell, as a plain value."""

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from html import unescape
from typing import Any

from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Field
from django.utils.html import strip_tags
from django.utils.safestring import SafeString

Cell = str | int | float | Decimal
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_SEEN_INSTEAD = "\ufffd"
CHECKBOX = "action_checkbox"


def list_columns(listed: Any) -> list[str]:
    """Return the names of what the list shows, without the box that ticks a row."""
    return [name for name in listed.list_display if name != CHECKBOX]


def list_headings(listed: Any) -> list[str]:
    """Return the headings of the columns."""
    pages = listed.model_admin
    labels = [label_for_field(name, listed.model, pages) for name in list_columns(listed)]
    return [str(label)[:1].upper() + str(label)[1:] for label in labels]


def read_cell(name: str, row: Any, pages: Any) -> Cell:
    """Return what the list shows of `row` in the column: text without marks, or a number."""
    try:
        field, shown, value = lookup_field(name, row, pages)
    except ObjectDoesNotExist:
        return ""
    if isinstance(field, Field) and field.flatchoices:
        value = dict(field.flatchoices).get(value, value)
    if isinstance(field, Field) and field.is_relation:
        value = getattr(row, field.name)
    if isinstance(getattr(shown, "label", None), dict) and isinstance(value, tuple):
        value = value[-1]
    return to_cell(value)


def to_cell(value: object) -> Cell:
    """Return a value as a spreadsheet holds it: times in ISO 8601 with their zone, numbers as numbers."""
    for kinds, convert in CONVERSIONS:
        if isinstance(value, kinds):
            return convert(value)
    return to_text(str(value))


def to_text(text: str) -> str:
    """Return text without control characters: they break files of both forms."""
    return _CONTROL.sub(_SEEN_INSTEAD, text)


def _join(value: Any) -> str:
    return ", ".join(str(to_cell(one)) for one in value if one not in (None, ""))


CONVERSIONS: tuple[tuple[type | tuple[type, ...], Callable[[Any], Cell]], ...] = (
    (type(None), lambda _: ""),
    (bool, lambda value: "yes" if value else "no"),
    ((int, float, Decimal), lambda value: value),
    ((datetime, date), lambda value: value.isoformat()),
    (SafeString, lambda value: to_text(unescape(strip_tags(value)).strip())),
    (dict, lambda value: to_text(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str))),
    ((list, tuple, set, frozenset), _join),
    ((bytes, memoryview), lambda value: bytes(value).hex()),
)
"""The first kind that fits decides."""
