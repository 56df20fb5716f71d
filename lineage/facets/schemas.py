"""The schemas that lie in this package, official and ours, by the URL that names them. Nothing is fetched."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from referencing import Registry, Resource

CORE_URL = "https://openlineage.io/spec/2-0-2/OpenLineage.json"


@cache
def get_registry() -> "Registry[Any]":
    """Return every schema of this package by its `$id`. Any other URL is unresolvable."""
    return [Resource.from_contents(document) for document in _documents()] @ Registry()


@cache
def get_facet_keys() -> Mapping[str, str]:
    """Return the key under which a facet stands in its container, by the facet's `_schemaURL`."""
    return {
        document["$id"] + reference["$ref"]: key
        for document in _documents()
        for key, reference in document.get("properties", {}).items()
    }


@cache
def _documents() -> tuple[dict[str, Any], ...]:
    """Return the schema files; each facet's file names its key and definition in `properties`."""
    return tuple(
        json.loads(file.read_text(encoding="utf-8"))
        for folder in ("official", "accordant")
        for file in _walk(files(__package__) / folder)
        if file.name.endswith(".json")
    )


def _walk(folder: Traversable) -> Iterator[Traversable]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry)
        else:
            yield entry
