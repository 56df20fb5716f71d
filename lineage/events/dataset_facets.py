"""The facets of the datasets that a run reads and writes."""

from openlineage.client.event_v2 import InputDataset, OutputDataset
from openlineage.client.facet_v2 import (
    DatasetFacet,
    InputDatasetFacet,
    OutputDatasetFacet,
    data_quality_assertions_dataset,
    dataset_version_dataset,
    documentation_dataset,
    input_statistics_input_dataset,
    output_statistics_output_dataset,
    ownership_dataset,
    schema_dataset,
    symlinks_dataset,
    tags_dataset,
)

from lineage.events.lineage_facets import lineage_facets
from lineage.events.naming import DatasetName
from lineage.events.producer import PRODUCER, TAG_SOURCE
from lineage.events.stores import is_location
from lineage.events.types import Column, Input, Output


def build_input(source: Input) -> InputDataset:
    """Return the dataset with all that is described; what a run found out about it is an input facet."""
    return InputDataset(
        source.dataset.namespace,
        source.dataset.name,
        facets=_standing_facets(source),
        inputFacets=_input_statistics(source) | _assertions(source),
    )


def build_output(target: Output) -> OutputDataset:
    """Return the dataset with all that is described; how much was written is an output facet."""
    return OutputDataset(
        target.dataset.namespace,
        target.dataset.name,
        facets=_standing_facets(target) | _version(target) | lineage_facets(target),
        outputFacets=_output_statistics(target),
    )


def _standing_facets(dataset: Input | Output) -> dict[str, DatasetFacet]:
    """Return what holds of the dataset whichever run names it."""
    facets = _schema(dataset.columns) | _symlinks(dataset.aliases) | _tags(dataset)
    if dataset.owners:
        facets["ownership"] = ownership_dataset.OwnershipDatasetFacet(
            owners=[ownership_dataset.Owner(owner.name, owner.type) for owner in dataset.owners],
            producer=PRODUCER,
        )
    if dataset.documentation:
        facets["documentation"] = documentation_dataset.DocumentationDatasetFacet(
            description=dataset.documentation, producer=PRODUCER
        )
    return facets


def _schema(columns: tuple[Column, ...]) -> dict[str, DatasetFacet]:
    if not columns:
        return {}
    fields = [
        schema_dataset.SchemaDatasetFacetFields(
            name=column.name, type=column.type, ordinal_position=position, fields=None
        )
        for position, column in enumerate(columns, start=1)
    ]
    return {"schema": schema_dataset.SchemaDatasetFacet(fields=fields, producer=PRODUCER)}


def _symlinks(aliases: tuple[DatasetName, ...]) -> dict[str, DatasetFacet]:
    if not aliases:
        return {}
    identifiers = [
        symlinks_dataset.Identifier(
            alias.namespace, alias.name, type="LOCATION" if is_location(alias) else "TABLE"
        )
        for alias in aliases
    ]
    return {"symlinks": symlinks_dataset.SymlinksDatasetFacet(identifiers=identifiers, producer=PRODUCER)}


def _tags(dataset: Input | Output) -> dict[str, DatasetFacet]:
    if not dataset.tags:
        return {}
    tags = [
        tags_dataset.TagsDatasetFacetFields(tag.key, tag.value, source=TAG_SOURCE, field=tag.column)
        for tag in dataset.tags
    ]
    return {"tags": tags_dataset.TagsDatasetFacet(tags=tags, producer=PRODUCER)}


def _version(target: Output) -> dict[str, DatasetFacet]:
    if target.version is None:
        return {}
    return {
        "version": dataset_version_dataset.DatasetVersionDatasetFacet(
            datasetVersion=target.version, producer=PRODUCER
        )
    }


def _assertions(source: Input) -> dict[str, InputDatasetFacet]:
    if not source.assertions:
        return {}
    assertions = [
        data_quality_assertions_dataset.Assertion(
            assertion=one.name, success=one.success, column=one.column, params=None
        )
        for one in source.assertions
    ]
    facet = data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(
        assertions=assertions, producer=PRODUCER
    )
    return {"dataQualityAssertions": facet}


def _input_statistics(source: Input) -> dict[str, InputDatasetFacet]:
    if not source.statistics:
        return {}
    rows, size, files = source.statistics.rows, source.statistics.size, source.statistics.files
    return {
        "inputStatistics": input_statistics_input_dataset.InputStatisticsInputDatasetFacet(
            rowCount=rows, size=size, fileCount=files, producer=PRODUCER
        )
    }


def _output_statistics(target: Output) -> dict[str, OutputDatasetFacet]:
    if not target.statistics:
        return {}
    rows, size, files = target.statistics.rows, target.statistics.size, target.statistics.files
    return {
        "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
            rowCount=rows, size=size, fileCount=files, producer=PRODUCER
        )
    }
