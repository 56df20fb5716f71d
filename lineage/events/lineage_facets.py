"""The facet `columnLineage`: from which columns an output's columns, and its choice of rows, come."""

from openlineage.client.facet_v2 import DatasetFacet, column_lineage_dataset

from lineage.events.producer import PRODUCER
from lineage.events.types import ColumnLineage, ColumnOrigin, Output, Transformation


def lineage_facets(target: Output) -> dict[str, DatasetFacet]:
    """Return the facet by its key; nothing if no lineage was described."""
    if not target.lineage and not target.shaped_by:
        return {}
    facet = column_lineage_dataset.ColumnLineageDatasetFacet(
        fields={entry.column: _entry(entry) for entry in target.lineage},
        dataset=[_input_field(origin) for origin in target.shaped_by],
        producer=PRODUCER,
    )
    return {"columnLineage": facet}


def _entry(entry: ColumnLineage) -> column_lineage_dataset.Fields:
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
