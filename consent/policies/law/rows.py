"""Rows of the law tables to values and back."""

from collections.abc import Callable, Mapping
from typing import Any

from consent.policies import models
from consent.policies.law.planning import was_edited
from consent.policies.law.types import (
    AgeLimit,
    Clock,
    ConsentDefault,
    Duty,
    LawTable,
    Place,
    Practice,
    Provision,
    Statute,
    own_fields,
)
from consent.policies.law.words import (
    AgeNeed,
    AgeTopic,
    ClockKind,
    ClockUnit,
    Confidence,
    CountingRule,
    Demand,
    DutyKind,
    PracticeKind,
    Right,
    Topic,
)
from consent.policies.types import LegalBasis

MODELS: Mapping[type[Provision], type[models.LawRow]] = {
    Statute: models.Statute,
    Clock: models.Clock,
    AgeLimit: models.AgeLimit,
    ConsentDefault: models.ConsentDefault,
    Duty: models.Duty,
    Practice: models.Practice,
}

_ANY_ROW: Mapping[str, Callable[[Any], Any]] = {
    "confidence": Confidence,
    "sources": lambda text: tuple(line.strip() for line in text.splitlines() if line.strip()),
}
_CASTS: Mapping[type[Provision], Mapping[str, Callable[[Any], Any]]] = {
    Statute: {"rights": lambda found: tuple(map(Right, found))},
    Clock: {"kind": ClockKind, "counting": CountingRule, "unit": lambda u: ClockUnit(u) if u else None},
    AgeLimit: {"topic": AgeTopic, "needs": AgeNeed},
    ConsentDefault: {
        "topic": Topic,
        "demand": Demand,
        "also_accepted": lambda found: tuple(map(LegalBasis, found)),
    },
    Duty: {"kind": DutyKind},
    Practice: {"kind": PracticeKind, "topic": Topic},
}
"""What turns a column into the field of the value; columns not named are the same."""


def value_of(kind: type[Provision], row: models.LawRow) -> Provision:
    """Return the row as a value of `kind`."""
    casts = {**_ANY_ROW, **_CASTS[kind]}
    found = {name: getattr(row, name) for name in own_fields(kind)}
    found |= {name: cast(found[name]) for name, cast in casts.items()}
    return kind(jurisdiction=row.jurisdiction_id, **found)


def row_of(value: Provision, *, imported: Mapping[str, Any] | None = None) -> models.LawRow:
    """Return a new row, unsaved, that says what `value` does."""
    found = {name: _column(name, getattr(value, name)) for name in own_fields(type(value))}
    return MODELS[type(value)](jurisdiction_id=value.jurisdiction, imported=imported, **found)


def is_an_officers(row: models.LawRow) -> bool:
    """Return whether an officer wrote the row, or changed what an import wrote."""
    kind = next(kind for kind, model in MODELS.items() if isinstance(row, model))
    return was_edited(value_of(kind, row), row.imported)


def _column(name: str, value: Any) -> Any:
    if name == "sources":
        return "\n".join(value)
    if name == "unit" and value is None:
        return ""
    return list(value) if isinstance(value, tuple) else value


def place_of(row: models.Jurisdiction) -> Place:
    """Return the row as a value."""
    return Place(code=row.code, title=row.title, parent=row.parent_id, groups=tuple(row.groups))


def read_table() -> LawTable:
    """Return all that the tables hold, whenever it holds; one statement for each table."""
    places = {row.pk: place_of(row) for row in models.Jurisdiction.objects.order_by("pk")}
    provisions = [
        value_of(kind, row)
        for kind, model in MODELS.items()
        for row in model._default_manager.order_by("jurisdiction", "effective_from", "pk")
    ]
    return LawTable(places, tuple(provisions))
