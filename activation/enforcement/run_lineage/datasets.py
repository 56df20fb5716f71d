"""The datasets of a run: what it read, the file it wrote, and the destination that it wrote for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from activation.destinations.naming import DestinationName, name_destination
from activation.enforcement.order import Order
from activation.enforcement.run_lineage.columns import origins_of
from lineage.events.naming import DatasetName, local_file
from lineage.events.types import Column, Input, Output, Statistics, Tag

PERSONAL = Tag(key="personal_data", value="true")
CATEGORY = "data_category"
DESTINATION = "accordant.destination"
_DIRECT = "DIRECT"


def list_inputs(order: Order) -> tuple[Input, ...]:
    """Return the audience's file, or the tables that its query reads; its own file if they are unknown."""
    audience = order.audience
    tables = audience.asked.lineage.tables if audience.asked else ()
    tags = _tag_sources(order)
    if tables:
        return tuple(
            Input(dataset=table, tags=(PERSONAL, *tags.get(table, ())) if table in tags else ())
            for table in tables
        )
    source = local_file(audience.path)
    return (
        Input(dataset=source, columns=list_columns(audience.schema), tags=(PERSONAL, *tags.get(source, ()))),
    )


def list_outputs(order: Order, output: Path) -> tuple[Output, Output]:
    """Return the file that is written, and the destination that the rows are meant for."""
    question = order.question
    named: DestinationName = name_destination(question.destination, order.audience_name)
    file = Output(dataset=local_file(output), tags=(PERSONAL,))
    destination = Output(
        dataset=named.dataset,
        aliases=named.aliases,
        documentation=named.title or None,
        tags=(PERSONAL, Tag(key=DESTINATION, value=question.destination)),
    )
    return file, destination


def is_destination(output: Output) -> bool:
    """Return whether the dataset is the destination, and not the file that was written."""
    return any(tag.key == DESTINATION for tag in output.tags)


def list_columns(schema: pa.Schema) -> tuple[Column, ...]:
    """Return the columns as an event tells them."""
    return tuple(Column(field.name, str(field.type)) for field in schema)


def tag_columns(columns: Mapping[str, str]) -> tuple[Tag, ...]:
    """Return tags that say which columns carry identifiers: kind -> column."""
    return tuple(Tag(key=CATEGORY, value=kind, column=column) for kind, column in sorted(columns.items()))


def tag_categories(categories: Iterable[str]) -> tuple[Tag, ...]:
    """Return tags of a whole dataset with the categories of data that the policy names."""
    return tuple(Tag(key=CATEGORY, value=one) for one in sorted(categories))


def measure_file(path: Path, rows: int) -> Statistics:
    """Return how much lies at `path`, a file or a folder of Spark's."""
    try:
        files = sorted(one for one in path.rglob("*.parquet")) if path.is_dir() else [path]
        size = sum(one.stat().st_size for one in files)
    except OSError:
        return Statistics(rows=rows)  # somebody took it away already
    return Statistics(rows=rows, size=size, files=len(files))


@dataclass(frozen=True, slots=True)
class Delivered:
    """What came of a run that ended well. `rows`: those the destination has; None: it was handed nothing."""

    output: Path
    allowed: int
    rows: int | None


def with_statistics(outputs: Iterable[Output], delivered: Delivered) -> tuple[Output, ...]:
    """Return the outputs with how much of each there is now."""
    return tuple(_measured(outputs, delivered))


def _measured(outputs: Iterable[Output], delivered: Delivered) -> Iterator[Output]:
    for output in outputs:
        if not is_destination(output):
            yield replace(output, statistics=measure_file(delivered.output, delivered.allowed))
        elif delivered.rows is not None:
            yield replace(output, statistics=Statistics(rows=delivered.rows))
        else:
            yield output


def _tag_sources(order: Order) -> dict[DatasetName, tuple[Tag, ...]]:
    """Return the datasets that columns of the audience come from, with the columns of each that name people.

    Where it is not known where a column comes from, it may be any of them.
    """
    audience = order.audience
    found: dict[DatasetName, dict[Tag, None]] = {}
    kinds = {column: kind.value for kind, column in order.columns.items()}
    if order.subject_column:
        kinds[order.subject_column] = "subject_ref"
    for column in audience.schema.names:
        origins = origins_of(audience, column)
        if origins is None:
            found |= {table: found.get(table, {}) for table in _all_tables(order)}
        for origin in origins or ():
            if all(way.type != _DIRECT for way in origin.transformations):
                continue
            tags = found.setdefault(origin.source.dataset, {})
            if column in kinds:
                tags[Tag(key=CATEGORY, value=kinds[column], column=origin.source.column)] = None
    return {table: tuple(tags) for table, tags in found.items()}


def _all_tables(order: Order) -> tuple[DatasetName, ...]:
    return order.audience.asked.lineage.tables if order.audience.asked else ()
