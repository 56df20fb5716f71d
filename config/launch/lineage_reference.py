"""The reference of lineage events: our facets, the standard's that we use, and what datasets are called."""

from collections.abc import Iterator

from lineage.events import naming, stores
from lineage.events.naming import DatasetName
from lineage.events.producer import PRODUCER, TAG_SOURCE
from lineage.facets.schemas import CORE_URL, Schema, get_facet_bases, get_facet_keys, get_schemas
from lineage.facets.sealing import BASE_URL

_INTRO = f"""# Lineage events

<!-- Written by ./dev check --fix from lineage/facets and lineage/events. -->

Every event is an OpenLineage run event, valid against [the core]({CORE_URL}).
Each run has one START and one of COMPLETE, FAIL and ABORT. `producer`, and `_producer` of every facet, is
`{PRODUCER}`. Events hold counts and names of datasets, never an identifier, a
subject's pseudonym or a secret. Why they look as they do: [ADR 28](../adr/0028-lineage-facets.md).

Delivery is at least once: keep one event for each `eventId` of the facet `accordant_event`.
"""
_OURS = f"""## Our facets

`{BASE_URL}` is a name, not a location. The schemas are in the repository, in `lineage/facets/accordant`; a
published one never changes: a change is a new version, in a folder of its own.
"""
_STANDARD = f"""## The standard's facets

Each follows the version named. Tags have the source `{TAG_SOURCE}`.

| facet | on | tells | version |
|---|---|---|---|
"""
_NAMES = f"""## What jobs and datasets are called

Jobs are in the namespace `{naming.JOB_NAMESPACE}`: what is done, for which purpose, to which destination,
joined by dots. Datasets follow [OpenLineage's rules](https://openlineage.io/docs/spec/naming), so that our
events and those of Spark, dbt or Airflow meet. Names in `accordant://` are ours: the standard has none for
them. No name holds a credential.

| dataset | namespace | name | rule |
|---|---|---|---|
"""
_PLACES = {
    "RunFacet": "the run",
    "JobFacet": "the job",
    "DatasetFacet": "datasets",
    "InputDatasetFacet": "datasets read",
    "OutputDatasetFacet": "datasets written",
}
_TELLS = {
    "ColumnLineageDatasetFacet": "from which columns a column, or the choice of rows, comes; what was masked",
    "DataQualityAssertionsDatasetFacet": "tests of what was read: canaries, rows nothing is known about",
    "DatasetVersionDatasetFacet": "which version was written, such as that of a policy",
    "DocumentationDatasetFacet": "what the dataset is",
    "DocumentationJobFacet": "what the job is for",
    "ErrorMessageRunFacet": "why a run failed: an error of ours or a class's name, no stack trace",
    "InputStatisticsInputDatasetFacet": "rows, bytes and files read",
    "JobTypeJobFacet": "`BATCH` or `STREAMING`, and the sort of job",
    "OutputStatisticsOutputDatasetFacet": "rows, bytes and files written",
    "OwnershipDatasetFacet": "the team that answers for the dataset",
    "OwnershipJobFacet": "the team that answers for the job",
    "ParentRunFacet": "the run that started this one",
    "ProcessingEngineRunFacet": "the software that did the work, and its version",
    "SQLJobFacet": "the statement, without literals and comments",
    "SchemaDatasetFacet": "columns and their types",
    "SymlinksDatasetFacet": "what else the dataset is called",
    "TagsDatasetFacet": "remarks on the dataset, or on one column",
    "TagsJobFacet": "remarks on the job",
    "TagsRunFacet": "remarks on the run",
}
_EXAMPLES: tuple[tuple[str, str, DatasetName], ...] = (
    ("a file", "official", naming.local_file("/audiences/lapsed.parquet")),
    ("an object in S3", "official", stores.object_store("s3://audiences/lapsed.parquet")),
    ("… in Google Cloud Storage", "official", stores.object_store("gs://audiences/lapsed.parquet")),
    (
        "… in Azure",
        "official",
        stores.object_store("abfss://audiences@northwind.dfs.core.windows.net/lapsed.parquet"),
    ),
    (
        "a table in PostgreSQL",
        "official",
        stores.postgres_table(host="db.example", database="shop", schema="public", table="customers"),
    ),
    ("… in DuckDB", "as dbt", stores.duckdb_table(path="/data/shop.duckdb", table="customers")),
    (
        "… in Snowflake",
        "official",
        stores.snowflake_table(
            organization="northwind", account="eu1", database="shop", schema="public", table="customers"
        ),
    ),
    ("… in BigQuery", "official", stores.bigquery_table(project="shop", data_set="crm", table="customers")),
    (
        "… in Unity Catalog",
        "official",
        stores.unity_table(host="adb.example", catalog="shop", schema="public", table="customers"),
    ),
    ("a Kafka topic", "official", stores.kafka_topic(servers="kafka.example:9092", topic="page_views")),
    ("a destination", "ours", naming.destination("meridian_ads")),
    ("the ledger", "ours", naming.ledger()),
    ("a policy", "ours", naming.policy("northwind")),
    ("what is imported", "ours", naming.imports("ndjson")),
)


def lineage_page() -> str:
    """Return the page: our facets with their fields, the standard's, and examples of names."""
    ours = [_own_facet(url) for url in sorted(get_facet_keys()) if url.startswith(BASE_URL)]
    rows = sorted(_standard_row(url) for url in get_facet_keys() if not url.startswith(BASE_URL))
    names = [f"| {told} | `{one.namespace}` | `{one.name}` | {rule} |" for told, rule, one in _EXAMPLES]
    standard = _STANDARD + "\n".join(rows) + "\n"
    return "\n".join([_INTRO, _OURS, *ours, standard, _NAMES + "\n".join(names) + "\n"])


def _own_facet(url: str) -> str:
    schema, definition = _defined(url)
    fields = definition["allOf"][1]
    head = f"### `{get_facet_keys()[url]}`, on {_place(url)}\n\n{definition['description']}\n\n`{url}`\n"
    table = "\n".join(["| field | is | |", "|---|---|---|", *_field_rows(fields, schema)])
    return f"{head}\n{table}\n"


def _field_rows(fields: Schema, schema: Schema, prefix: str = "") -> Iterator[str]:
    for name, field in fields["properties"].items():
        if name.startswith("_"):
            continue
        resolved = {**_resolved(field, schema), **field}
        needed = "" if name in fields.get("required", ()) else "optional: "
        yield f"| `{prefix}{name}` | {needed}{_form(resolved, schema)} | {resolved.get('description', '')} |"
        item = _resolved(resolved.get("items", {}), schema)
        if "properties" in item:
            yield from _field_rows(item, schema, f"{prefix}{name}[].")


def _form(field: Schema, schema: Schema) -> str:
    """Return what a value is, in words."""
    if "enum" in field:
        return "one of " + ", ".join(f"`{value}`" for value in field["enum"])
    if field.get("type") == "array":
        item = _resolved(field["items"], schema)
        return f"list of {'objects' if item.get('type') == 'object' else 'texts'}"
    words = {"string": "text", "integer": "number", "object": "numbers by name"}
    return words[field["type"]] + (f" ({field['format']})" if "format" in field else "")


def _standard_row(url: str) -> str:
    name = url.rpartition("/")[2]
    version = url.removeprefix("https://openlineage.io/spec/facets/").partition("/")[0]
    key = get_facet_keys()[url]
    return f"| `{key}` | {_place(url)} | {_TELLS[name]} | [{version}]({url.partition('#')[0]}) |"


def _defined(url: str) -> tuple[Schema, Schema]:
    document, _, name = url.partition("#/$defs/")
    schema = get_schemas()[document]
    return schema, schema["$defs"][name]


def _place(url: str) -> str:
    return _PLACES[get_facet_bases()[url]]


def _resolved(field: Schema, schema: Schema) -> Schema:
    reference = field.get("$ref", "")
    found: Schema = schema["$defs"][reference.rpartition("/")[2]] if reference else field
    return found
