"""What the graph keeps of a dataset in an event. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from lineage.graph.rules.facts import ColumnFact, DatasetFact
from lineage.graph.rules.parts import count_of, members_of, owners_of, part_of, text_of

LONGEST_NAME = 2000
MOST_DATASETS = 1000
MOST_ALIASES = 20
MOST_COLUMNS = 2000
MOST_TAGS = 2000
MOST_COLUMN_FLOWS = 10_000
_LONGEST_COLUMN = 500
_LONGEST_WORD = 100
_MEASURES = {
    "input": ("inputFacets", "inputStatistics"),
    "output": ("outputFacets", "outputStatistics"),
}


def read_dataset(
    dataset: Mapping[str, Any], direction: str, path: str, faults: list[str]
) -> Iterator[DatasetFact]:
    """Yield the dataset, and each that its column lineage names as an input of the same job."""
    namespace, name = dataset.get("namespace"), dataset.get("name")
    for key, value in (("namespace", namespace), ("name", name)):
        if not _is_name(value):
            faults.append(f"{path}.{key}: no text of 1 to {LONGEST_NAME} characters")
    facets = part_of(dataset, "facets")
    measured = part_of(dataset, *_MEASURES[direction]) if direction else {}
    lineage = _read_lineage(facets, f"{path}.facets.columnLineage", faults) if direction == "output" else None
    yield DatasetFact(
        namespace=str(namespace),
        name=str(name),
        direction=direction,
        columns=_read_columns(facets),
        tags=_read_tags(facets),
        owners=owners_of(facets),
        documentation=text_of(part_of(facets, "documentation"), "description", 2000),
        aliases=tuple(_read_aliases(facets)),
        rows=count_of(measured, "rowCount"),
        size=count_of(measured, "size"),
        lineage=lineage,
    )
    for source in sorted({(one.namespace, one.name) for one in lineage or ()}):
        yield DatasetFact(namespace=source[0], name=source[1], direction="input")


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME


def _read_columns(facets: Mapping[str, Any]) -> tuple[tuple[str, str], ...] | None:
    if "schema" not in facets:
        return None
    found: list[tuple[str, str]] = []
    waiting = [("", part_of(facets, "schema").get("fields"))]
    while waiting and len(found) < MOST_COLUMNS:
        prefix, fields = waiting.pop()
        for field in members_of(fields):
            name = prefix + (text_of(field, "name", _LONGEST_COLUMN) or "")
            found.append((name[:_LONGEST_COLUMN], text_of(field, "type", _LONGEST_COLUMN) or ""))
            if "fields" in field:
                waiting.append((f"{name}."[:_LONGEST_COLUMN], field["fields"]))
    return tuple(found[:MOST_COLUMNS])


def _read_tags(facets: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...] | None:
    if "tags" not in facets:
        return None
    return tuple(
        (key, text_of(tag, "value", _LONGEST_COLUMN) or "", text_of(tag, "field", _LONGEST_COLUMN) or "")
        for tag in members_of(part_of(facets, "tags").get("tags"))[:MOST_TAGS]
        if (key := text_of(tag, "key", _LONGEST_COLUMN))
    )


def _read_aliases(facets: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in members_of(part_of(facets, "symlinks").get("identifiers"))[:MOST_ALIASES]:
        if _is_name(one.get("namespace")) and _is_name(one.get("name")):
            yield one["namespace"], one["name"]


def _read_lineage(facets: Mapping[str, Any], path: str, faults: list[str]) -> tuple[ColumnFact, ...] | None:
    if "columnLineage" not in facets:
        return None
    facet = part_of(facets, "columnLineage")
    found: set[ColumnFact] = set()
    for output, entry in part_of(facet, "fields").items():
        old_style = (
            "MASK" in (text_of(entry, "transformationType", _LONGEST_WORD) or "").upper()
            if isinstance(entry, Mapping)
            else False
        )
        found.update(_read_origins(output, part_of(entry).get("inputFields"), masking=old_style))
    found.update(_read_origins("", facet.get("dataset"), masking=False))
    if len(found) > MOST_COLUMN_FLOWS:
        faults.append(f"{path}: more than {MOST_COLUMN_FLOWS} pairs of columns")
    return tuple(sorted(found))


def _read_origins(output: str, fields: object, *, masking: bool) -> Iterator[ColumnFact]:
    for field in members_of(fields):
        namespace, name, column = field.get("namespace"), field.get("name"), field.get("field")
        if not (_is_name(namespace) and _is_name(name) and isinstance(column, str)):
            continue
        ways = members_of(field.get("transformations")) or [{"type": "DIRECT", "masking": masking}]
        for way in ways:
            yield ColumnFact(
                output=output[:_LONGEST_COLUMN],
                namespace=str(namespace),
                name=str(name),
                column=column[:_LONGEST_COLUMN],
                type=text_of(way, "type", _LONGEST_WORD) or "",
                subtype=text_of(way, "subtype", _LONGEST_WORD) or "",
                masking=way.get("masking") is True,
            )
