"""Names of datasets in object stores, databases, warehouses and Kafka, by OpenLineage's rules.

The rules: <https://openlineage.io/docs/spec/naming>. Where they leave a choice (a slash before an object's
key, which of several brokers), it is made as the Spark and dbt integrations make it, so that our events and
theirs meet. No name ever holds a credential: what a URL has before its host or after its path is left out.
"""

import re
from urllib.parse import SplitResult, urlsplit

from lineage.events.naming import DatasetName, MalformedName

_KAFKA_PORT = 9092
_SCHEMES = {
    "s3": "s3",
    "s3a": "s3",
    "s3n": "s3",
    "gs": "gs",
    "abfs": "abfss",
    "abfss": "abfss",
    "wasb": "wasbs",
    "wasbs": "wasbs",
}
_AZURE = {"abfss", "wasbs"}
_HOST = re.compile(r"[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]", re.ASCII)
_LOCATIONS = ("file", *(f"{scheme}://" for scheme in set(_SCHEMES.values())), "hdfs://", "dbfs://")


def object_store(url: str) -> DatasetName:
    """Return the name of an object, or of all under a prefix: `s3://bucket/a/b.parquet`, `gs://`, `abfss://`,
    `wasbs://`. Schemes that mean the same store have one name: `s3a` is `s3`, `abfs` is `abfss`.

    :raises MalformedName: if `url` names no such store, or no bucket.
    """
    parts = _split(url)
    scheme = _SCHEMES.get(parts.scheme)
    if scheme is None:
        raise MalformedName("an object's URL begins with s3, gs, abfss or wasbs")
    bucket = _host(parts.netloc)
    if scheme in _AZURE:
        container, _, _ = parts.netloc.rpartition("@")
        bucket = f"{_host(container.rpartition('@')[2].partition(':')[0])}@{bucket}"
    return DatasetName(f"{scheme}://{bucket}", parts.path.strip("/") or "/")


def postgres_table(*, host: str, port: int = 5432, database: str, schema: str, table: str) -> DatasetName:
    """Return the name of a table in PostgreSQL.

    :raises MalformedName: if a part is empty, or `host` is none; so do the functions below.
    """
    return DatasetName(f"postgres://{_host(host)}:{port}", _dotted(database, schema, table))


def duckdb_table(*, path: str, table: str, schema: str = "main") -> DatasetName:
    """Return the name of a table in a file of DuckDB. OpenLineage has no rule: so do dbt's events name it."""
    return DatasetName(f"duckdb://{path}", _dotted(path.rpartition("/")[2].partition(".")[0], schema, table))


def kafka_topic(*, servers: str, topic: str) -> DatasetName:
    """Return the name of a topic; of several bootstrap servers, separated by commas, the first counts."""
    first = next((one.strip() for one in servers.split(",") if one.strip()), "")
    host, port = _server(first)
    return DatasetName(f"kafka://{host}:{port}", _dotted(topic))


def snowflake_table(
    *, organization: str, account: str, database: str, schema: str, table: str
) -> DatasetName:
    """Return the name of a table in Snowflake, whose account is named in the newer way, with organization."""
    return DatasetName(
        f"snowflake://{_host(organization)}-{_host(account)}", _dotted(database, schema, table)
    )


def bigquery_table(*, project: str, data_set: str, table: str) -> DatasetName:
    """Return the name of a table in BigQuery."""
    return DatasetName("bigquery", _dotted(project, data_set, table))


def unity_table(*, host: str, catalog: str, schema: str, table: str) -> DatasetName:
    """Return the name of a table in the Unity Catalog of a Databricks workspace at `host`."""
    return DatasetName(f"unitycatalog://{_host(host)}", _dotted(catalog, schema, table))


def is_location(name: DatasetName) -> bool:
    """Whether the dataset is named by where its files lie, not as a table."""
    return name.namespace.startswith(_LOCATIONS)


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url.strip())
    except ValueError:
        raise MalformedName("this is no URL") from None


def _server(server: str) -> tuple[str, int]:
    parts = _split(f"//{server.rpartition('://')[2]}")
    try:
        port = parts.port
    except ValueError:
        raise MalformedName("a port is a number up to 65535") from None
    netloc = parts.netloc if port is None else parts.netloc.rpartition(":")[0]
    return _host(netloc), port or _KAFKA_PORT


def _host(text: str) -> str:
    """Return a host or bucket, without what stands before an `@`, which is for whoever logs in."""
    host = text.rpartition("@")[2]
    if not _HOST.fullmatch(host):
        raise MalformedName("a host consists of letters, digits, '-', '_' and dots")
    return host


def _dotted(*parts: str) -> str:
    if not all(part.strip() for part in parts):
        raise MalformedName("no part of a name is empty")
    return ".".join(parts)
