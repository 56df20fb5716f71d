"""The schemas that lie in this package, official and ours, by the URL that names them. Nothing is fetched."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

CORE_URL = "https://openlineage.io/spec/2-0-2/OpenLineage.json"

Schema = Mapping[str, Any]


@cache
def get_schemas() -> Mapping[str, Schema]:
    """Return every schema file of this package by its `$id`."""
    return {document["$id"]: document for document in _documents()}


@cache
def get_facet_keys() -> Mapping[str, str]:
    """Return the key under which a facet stands in its container, by the facet's `_schemaURL`."""
    return {
        document["$id"] + reference["$ref"]: key
        for document in _documents()
        for key, reference in document.get("properties", {}).items()
    }


@cache
def get_facet_bases() -> Mapping[str, str]:
    """Return what each facet is by the core, such as `InputDatasetFacet`, by the facet's `_schemaURL`."""
    return {
        document["$id"] + reference["$ref"]: _base(document["$defs"][reference["$ref"].rpartition("/")[2]])
        for document in _documents()
        for reference in document.get("properties", {}).values()
    }


def _base(definition: Schema) -> str:
    return str(definition["allOf"][0]["$ref"].rpartition("/")[2])


def _documents() -> Iterator[dict[str, Any]]:
    """Yield the schema files; each facet's file names its key and definition in `properties`."""
    for folder in ("official", "accordant"):
        for file in _walk(files(__package__) / folder):
            if file.name.endswith(".json"):
                yield json.loads(file.read_text(encoding="utf-8"))


def _walk(folder: Traversable) -> Iterator[Traversable]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry)
        else:
            yield entry
