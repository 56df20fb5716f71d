"""A data map's document becomes rows: all of it, or nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import ProtectedError

from consent.kernel.errors import AccordantError
from consent.policies import queries as policies
from consent.policies.document.paths import path_text
from consent.policies.document.reading import MalformedPolicy, read_yaml
from consent.policies.taxonomy.terms import TermKind
from consent.requests.models import Dataset, Field, Reference, System
from consent.requests.systems.differences import Difference
from consent.requests.systems.document import DataMap, DatasetEntry, SystemEntry
from consent.requests.systems.faults import Finding, find_faults
from consent.requests.systems.recording import told_changes


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a data map."""

    path: str
    message: str


class DataMapRefused(AccordantError):
    """The document has faults; nothing was written."""

    code = "data_map_refused"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.path}: {fault.message}" for fault in self.faults))


def import_text(text: str, *, changed_by: str, dry_run: bool = False) -> tuple[Difference, ...]:
    """Make the data map what `text` says, and return what that changes. With `dry_run`, change nothing.

    Systems that the text does not name go, unless requests or legal holds know them.

    :raises DataMapRefused: with every fault, if it has any; nothing is changed then.
    """
    return import_document(read_document(text), changed_by=changed_by, dry_run=dry_run)


def read_document(text: str) -> dict[str, Any]:
    """Return the document.

    :raises DataMapRefused: if the text is no YAML that can be read in one way only.
    """
    try:
        return read_yaml(text)
    except MalformedPolicy as error:
        place = "(document)" if error.line is None else f"line {error.line}"
        raise DataMapRefused([Fault(place, error.reason)]) from error


def import_document(document: Any, *, changed_by: str, dry_run: bool = False) -> tuple[Difference, ...]:
    """Do what `import_text` does, of a document that was read.

    :raises DataMapRefused: with every fault, if it has any.
    """
    if findings := find_faults(document, categories=known_categories()):
        raise DataMapRefused(map(_fault, findings))
    read = msgspec.convert(document, DataMap)
    with transaction.atomic():
        with told_changes(changed_by=changed_by) as differences:
            _write(read.systems)
        if dry_run:
            transaction.set_rollback(True)
    return tuple(differences)


def known_categories() -> frozenset[str]:
    """Return the data categories that may be named: fideslang's, and the organisation's own."""
    vocabulary = policies.get_vocabulary()
    return frozenset(
        key
        for kind, key in vocabulary.terms
        if kind is TermKind.DATA_CATEGORY and vocabulary.is_usable(kind, key)
    )


def _fault(finding: Finding) -> Fault:
    parts, message = finding
    return Fault(path_text(parts), message)


def _write(systems: Mapping[str, SystemEntry]) -> None:
    for slug, one in systems.items():
        row, _ = System.objects.update_or_create(slug=slug, defaults=_columns(one))
        _write_datasets(row, one.datasets)
    for row in System.objects.exclude(slug__in=list(systems)).order_by("slug"):
        _remove(row, ("systems", row.slug), "requests or legal holds know this system: disable it instead")


def _columns(one: SystemEntry) -> dict[str, Any]:
    return {
        "title": one.title,
        "kind": one.kind.value,
        "connection": one.connection,
        "settings": one.settings,
        "order": one.order,
        "owner": one.owner,
        "instructions": one.instructions,
        "backup_days": one.backup_days,
        "answers_within_hours": one.answers_within_hours,
        "is_enabled": one.enabled,
    }


def _write_datasets(system: System, entries: Mapping[str, DatasetEntry]) -> None:
    rows = {name: _write_dataset(system, name, one) for name, one in entries.items()}
    Reference.objects.filter(dataset__system=system).delete()
    Reference.objects.bulk_create(
        Reference(dataset=rows[name], field=ref.field, to_dataset=rows[ref.to], to_field=ref.to_field)
        for name, one in entries.items()
        for ref in one.references
    )
    for row in system.datasets.exclude(name__in=list(entries)).order_by("name"):
        place = ("systems", system.slug, "datasets", row.name)
        _remove(row, place, "a legal hold stands on this dataset: it cannot be taken out of the map")


def _write_dataset(system: System, name: str, one: DatasetEntry) -> Dataset:
    row, _ = Dataset.objects.update_or_create(
        system=system,
        name=name,
        defaults={
            "title": one.title,
            "purposes": one.purposes,
            "retention": one.retention,
            "key_fields": one.key_fields,
            "on_erasure": one.on_erasure.value,
            "keep_ground": one.keep_ground,
            "is_derived": one.derived,
            "in_access": one.in_access,
        },
    )
    row.fields.all().delete()
    Field.objects.bulk_create(
        Field(
            dataset=row,
            name=field_name,
            title=field.title,
            category=field.category,
            identifier_kind=field.identifier.value if field.identifier else "",
            masking=field.masking.value,
            replacement=field.replacement,
            keep_ground=field.keep_ground,
            is_third_party=field.third_party,
            is_free_text=field.free_text,
            is_derived=field.derived,
            in_access=field.in_access,
        )
        for field_name, field in one.fields.items()
    )
    return row


def _remove(row: System | Dataset, place: tuple[str, ...], message: str) -> None:
    try:
        with transaction.atomic():
            row.delete()
    except ProtectedError as error:
        raise DataMapRefused([Fault(path_text(place), message)]) from error
