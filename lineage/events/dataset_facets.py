"""The facets of the datasets that a run reads and writes."""

from openlineage.client.event_v2 import InputDataset, OutputDataset
from openlineage.client.facet_v2 import (
    DatasetFacet,
    InputDatasetFacet,
    OutputDatasetFacet,
    column_lineage_dataset,
    input_statistics_input_dataset,
    output_statistics_output_dataset,
    schema_dataset,
)

from lineage.events.producer import PRODUCER
from lineage.events.types import Column, ColumnLineage, ColumnOrigin, Input, Output, Transformation


def build_input(source: Input) -> InputDataset:
    """Return the dataset with its schema and input statistics, as far as described."""
    statistics = source.statistics
    measured: dict[str, InputDatasetFacet] = {}
    if statistics:
        measured["inputStatistics"] = input_statistics_input_dataset.InputStatisticsInputDatasetFacet(
            rowCount=statistics.rows, size=statistics.size, fileCount=statistics.files, producer=PRODUCER
        )
    return InputDataset(
        source.dataset.namespace,
        source.dataset.name,
        facets=_schema_facets(source.columns),
        inputFacets=measured,
    )


def build_output(target: Output) -> OutputDataset:
    """Return the dataset with its schema, column lineage and output statistics, as far as described."""
    statistics = target.statistics
    measured: dict[str, OutputDatasetFacet] = {}
    if statistics:
        measured["outputStatistics"] = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
            rowCount=statistics.rows, size=statistics.size, fileCount=statistics.files, producer=PRODUCER
        )
    return OutputDataset(
        target.dataset.namespace,
        target.dataset.name,
        facets=_schema_facets(target.columns) | _lineage_facets(target),
        outputFacets=measured,
    )


def _schema_facets(columns: tuple[Column, ...]) -> dict[str, DatasetFacet]:
    if not columns:
        return {}
    fields = [
        schema_dataset.SchemaDatasetFacetFields(
            name=column.name, type=column.type, ordinal_position=position, fields=None
        )
        for position, column in enumerate(columns, start=1)
    ]
    return {"schema": schema_dataset.SchemaDatasetFacet(fields=fields, producer=PRODUCER)}


def _lineage_facets(target: Output) -> dict[str, DatasetFacet]:
    if not target.lineage and not target.shaped_by:
        return {}
    facet = column_lineage_dataset.ColumnLineageDatasetFacet(
        fields={entry.column: _lineage_entry(entry) for entry in target.lineage},
        dataset=[_input_field(origin) for origin in target.shaped_by],
        producer=PRODUCER,
    )
    return {"columnLineage": facet}


def _lineage_entry(entry: ColumnLineage) -> column_lineage_dataset.Fields:
    return column_lineage_dataset.Fields(inputFields=[_input_field(origin) for origin in entry.origins])


def _input_field(origin: ColumnOrigin) -> column_lineage_dataset.InputField:
    dataset = origin.source.dataset
    return column_lineage_dataset.InputField(
        dataset.namespace,
        dataset.name,
        origin.source.column,
        [_transformation(one) for one in origin.transformations],
    )


def _transformation(one: Transformation) -> column_lineage_dataset.Transformation:
    return column_lineage_dataset.Transformation(
        type=one.type, subtype=one.subtype, description=one.description, masking=one.masking
    )
