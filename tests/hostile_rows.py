"""One row of whatever the desk shows, made out of what its columns allow, for what is planted there."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models

from consent.ledger.queries import get_time

_NUMBERS = count(1)
_NAMED = {
    "controller": "shop",
    "destination": "ads",
    "purpose": "advertising.audience",
    "notice": "privacy",
    "language": "en",
    "schedule": "",
    "decision": "",
    "figures_digest": "",
    "ended_by": "",
    "ip": "192.0.2.1",
    "file": "x.json",
    "audience_format": "csv",
}


_CONFLICT = {
    "purpose": "advertising.audience",
    "heard": "opt_out_signal",
    "heard_from": "gpc",
    "against": "granted",
    "against_from": "explicit",
    "won": "heard",
    "explanation": "a no is honoured against an earlier yes",
}
_UNREAD = {"source": "gpp:40", "reason": "this section cannot be read"}


def make_row(model: type[models.Model]) -> models.Model:
    """Write a row, with the rows that it belongs to.

    :raises IntegrityError: if the columns, each filled as it allows, do not go together.
    """
    at = get_time()
    chosen = {**_NAMED, **_list_chosen(at).get(model._meta.label_lower, {})}
    values = {
        one.attname: _fill(one, at, chosen) for one in model._meta.concrete_fields if _is_open(one, chosen)
    }
    [row] = model._base_manager.bulk_create([model(**values)])
    return row


def _is_open(field: Any, chosen: Mapping[str, Any]) -> bool:
    """Return whether the column stands empty unless it is filled."""
    if field.name in chosen:
        return True
    is_its_own = (
        field.has_default() or field.null or field.generated or (field.name == "id" and not _is_uuid(field))
    )
    return not is_its_own


def _is_uuid(field: Any) -> bool:
    return isinstance(field, models.UUIDField)


def _fill(field: Any, at: datetime, chosen: Mapping[str, Any]) -> Any:
    if field.name in chosen:
        return chosen[field.name]
    if field.name == "right":  # of a pair of subjects, which stands in order
        return field.related_model._base_manager.order_by("pk")[1].pk
    if field.is_relation:
        related = field.related_model
        return (related._base_manager.order_by("pk").first() or make_row(related)).pk
    if field.choices:
        return next(value for value, _ in field.flatchoices if value)
    return _VALUES[next(kind for kind in _VALUES if isinstance(field, kind))](field, at)


def _name(field: Any, _: datetime) -> str:
    return f"hostile{next(_NUMBERS)}"[: field.max_length]


_VALUES: Mapping[type[Any], Any] = {
    models.BooleanField: lambda *_: False,
    models.IntegerField: lambda *_: 1,
    models.DateTimeField: lambda _, at: at,
    models.DateField: lambda _, at: at.date(),
    models.UUIDField: lambda *_: uuid4(),
    models.BinaryField: lambda *_: bytes(32),
    models.JSONField: lambda *_: {},
    ArrayField: lambda *_: [],
    models.CharField: _name,
    models.TextField: _name,
}


def _list_chosen(at: datetime) -> dict[str, dict[str, Any]]:
    """Return what goes together where each column alone would not say so."""
    failed = {"status": "failed", "finished_at": at}
    return {
        "activation_enforcement.incident": {"acknowledged_at": at, "ways": ["x"]},
        "activation_desk.breachreport": {"since": at - timedelta(days=1), **failed},
        "activation_desk.tracereport": failed,
        "activation_desk.simulationrun": {**failed, "started_at": at, "decided_at": at},
        "activation_desk.registernote": {"about": "controller", "topic": "contact"},
        "consent_records.invalidationrun": {"notice_version": 1},
        "consent_records.recordedsignal": {"conflicts": [_CONFLICT], "unread": [_UNREAD], "version": 1},
        "consent_policies.jurisdiction": {"code": "DE"},
        "consent_policies.taxonomyterm": {"kind": "data_use", "source": "fides"},
        "consent_policies.requestproperty": {"name": "subject.hostile", "type": "text"},
        "consent_policies.clock": {"unit": "months", "counting": "eu_month", "within": 1},
        "lineage_graph.waitingevent": {"facts": "{}"},
    }
