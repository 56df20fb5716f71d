"""What is wrong with a data map, all of it at once, each with its place. Pure."""

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any, cast

import msgspec
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from consent.requests.connectors.declared import CONNECTED, check_settings
from consent.requests.connectors.interface import (
    DeclaredDataset,
    DeclaredReference,
    SystemRefused,
)
from consent.requests.connectors.sql.order import order_children_first
from consent.requests.systems.document import DataMap, DatasetEntry, FieldEntry, SystemEntry, load_schema
from consent.requests.types import Masking, OnErasure, SystemKind

Parts = tuple[str | int, ...]
Finding = tuple[Parts, str]
WORDS = {
    "required": "a field is missing: {}",
    "enum": "expected one of {}",
    "type": "expected {}",
    "pattern": "has letters or marks that it may not have",
    "maxLength": "longer than {} characters",
    "minLength": "must not be empty",
    "minimum": "must be {} or more",
    "maximum": "must be {} or less",
    "additionalProperties": "an unknown field: {}",
    "anyOf": "is not what is expected there",
}


def find_faults(document: Any, *, categories: Collection[str] | None = None) -> list[Finding]:
    """Return every fault. `categories`: the data categories that are known; None: any may be named.

    What the document's form is at fault in comes first: what it means is looked at once its form is right.
    """
    found = sorted(map(_form, _validator().iter_errors(document)), key=str)
    if found:
        return found
    read = msgspec.convert(document, DataMap)
    return [finding for slug, one in read.systems.items() for finding in _system(slug, one, categories)]


def find_warnings(document: Any) -> list[Finding]:
    """Return what an officer should know about a data map that has no faults."""
    read = msgspec.convert(document, DataMap)
    return [
        (("systems", slug, "settings"), told)
        for slug, one in read.systems.items()
        for told in check_settings(one.kind, one.settings)
    ]


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(load_schema())


def _form(error: ValidationError) -> Finding:
    """Return the error in words; what stands there is not repeated, but for names of fields."""
    keyword = str(error.validator)
    detail, instance = cast("Any", error.validator_value), cast("Any", error.instance)
    if keyword == "required":
        detail = ", ".join(name for name in detail if name not in instance)
    elif keyword == "additionalProperties":
        known = cast("Mapping[str, Any]", error.schema).get("properties", {})
        detail = ", ".join(sorted(str(name) for name in instance if name not in known))
    elif keyword == "enum":
        detail = ", ".join(map(str, detail))
    return tuple(error.absolute_path), WORDS.get(keyword, "is not what is expected there").format(detail)


def _system(slug: str, one: SystemEntry, categories: Collection[str] | None) -> Iterator[Finding]:
    place: Parts = ("systems", slug)
    if one.kind in CONNECTED and not one.connection:
        yield (*place, "connection"), "databases and files need their name in ACCORDANT_SYSTEMS"
    if one.connection and one.kind not in CONNECTED:
        yield (*place, "connection"), "only databases and files have one"
    try:
        check_settings(one.kind, one.settings)
    except SystemRefused as refusal:
        yield (*place, "settings"), str(refusal)
    if one.kind is SystemKind.HUMAN and not one.instructions.strip():
        yield (*place, "instructions"), "a human task needs instructions"
    for name, dataset in one.datasets.items():
        yield from _dataset((*place, "datasets", name), dataset, one, categories)
    yield from _circles(place, one)


def _dataset(
    place: Parts, dataset: DatasetEntry, system: SystemEntry, categories: Collection[str] | None
) -> Iterator[Finding]:
    is_kept = dataset.on_erasure is OnErasure.KEEP
    if is_kept != bool(dataset.keep_ground):
        yield (*place, "keep_ground"), "a dataset that is kept needs a ground, and no other has one"
    masks = [field for field in dataset.fields.values() if field.masking is not Masking.KEEP]
    if dataset.on_erasure is OnErasure.MASK and not masks:
        yield (*place, "on_erasure"), "no field is masked: keep the dataset on a ground, or mask one"
    is_found = dataset.references or any(field.identifier for field in dataset.fields.values())
    if system.kind is SystemKind.SQL and not is_found:
        yield place, "nothing says whose its rows are: give a field an `identifier`, or a reference"
    for name, field in dataset.fields.items():
        yield from _field((*place, "fields", name), field, categories)
    for index, reference in enumerate(dataset.references):
        if reference.to not in system.datasets:
            yield (*place, "references", index, "to"), "is no dataset of this system"


def _field(place: Parts, field: FieldEntry, categories: Collection[str] | None) -> Iterator[Finding]:
    if (field.masking is Masking.KEEP) != bool(field.keep_ground):
        yield (*place, "keep_ground"), "a field that is kept needs a ground, and no other has one"
    if field.replacement and field.masking is not Masking.REPLACE:
        yield (*place, "replacement"), "only a field that is masked by `replace` has one"
    if categories is not None and field.category not in categories:
        yield (*place, "category"), "is no known data category"


def _circles(place: Parts, system: SystemEntry) -> Iterator[Finding]:
    try:
        order_children_first(
            [
                DeclaredDataset(
                    name=name,
                    fields=(),
                    references=tuple(
                        DeclaredReference(field=one.field, to_dataset=one.to, to_field=one.to_field)
                        for one in dataset.references
                        if one.to in system.datasets
                    ),
                )
                for name, dataset in system.datasets.items()
            ]
        )
    except SystemRefused as refusal:
        yield (*place, "datasets"), str(refusal)
