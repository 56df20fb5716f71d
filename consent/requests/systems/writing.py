"""The data map's rows as its document."""

from typing import Any

import msgspec
from django.db.models import Prefetch

from consent.policies.document.writing import dump_yaml
from consent.requests.models import Dataset, Field, Reference, System
from consent.requests.systems.document import (
    VERSION,
    DataMap,
    DatasetEntry,
    FieldEntry,
    ReferenceEntry,
    SystemEntry,
)
from consent.requests.types import Masking, OnErasure, SystemKind
from consent.subjects.types import IdentifierKind


def write_document() -> dict[str, Any]:
    """Return the data map as it is now, as a document; what is as it is by default is left out."""
    entries = {row.slug: _system(row) for row in _list_systems()}
    document: dict[str, Any] = msgspec.to_builtins(DataMap(version=VERSION, systems=entries))
    return document


def write_text() -> str:
    """Return the data map as YAML, which `import_text` reads back to the same."""
    return dump_yaml(write_document())


def _list_systems() -> list[System]:
    fields = Field.objects.order_by("pk")
    references = Reference.objects.select_related("to_dataset").order_by("pk")
    datasets = Dataset.objects.prefetch_related(
        Prefetch("fields", fields), Prefetch("references", references)
    )
    return list(
        System.objects.prefetch_related(Prefetch("datasets", datasets.order_by("pk"))).order_by("slug", "pk")
    )


def _system(row: System) -> SystemEntry:
    return SystemEntry(
        title=row.title,
        kind=SystemKind(row.kind),
        connection=row.connection,
        settings=row.settings,
        order=row.order,
        owner=row.owner,
        instructions=row.instructions,
        backup_days=row.backup_days,
        answers_within_hours=row.answers_within_hours,
        enabled=row.is_enabled,
        datasets={one.name: _dataset(one) for one in row.datasets.all()},
    )


def _dataset(row: Dataset) -> DatasetEntry:
    return DatasetEntry(
        title=row.title,
        purposes=row.purposes,
        retention=row.retention,
        key_fields=row.key_fields,
        on_erasure=OnErasure(row.on_erasure),
        keep_ground=row.keep_ground,
        derived=row.is_derived,
        in_access=row.in_access,
        fields={one.name: _field(one) for one in row.fields.all()},
        references=[
            ReferenceEntry(field=one.field, to=one.to_dataset.name, to_field=one.to_field)
            for one in row.references.all()
        ],
    )


def _field(row: Field) -> FieldEntry:
    return FieldEntry(
        category=row.category,
        title=row.title,
        identifier=IdentifierKind(row.identifier_kind) if row.identifier_kind else None,
        masking=Masking(row.masking),
        replacement=row.replacement,
        keep_ground=row.keep_ground,
        third_party=row.is_third_party,
        free_text=row.is_free_text,
        derived=row.is_derived,
        in_access=row.in_access,
    )
