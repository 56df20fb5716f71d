"""Names of datasets that lie elsewhere: those of the client's own classes, and never with a credential."""

from collections.abc import Callable

import pytest
from openlineage.client.naming import dataset as official

from lineage.events import stores
from lineage.events.naming import DatasetName, MalformedName, local_file

AZURE = "people@northwind.dfs.core.windows.net"
SNOWFLAKE = {"organization": "org", "account": "acc", "database": "d", "schema": "s", "table": "t"}
EQUAL: list[tuple[DatasetName, official.DatasetNaming]] = [
    (local_file("/a/b.parquet"), official.LocalFileSystem("/a/b.parquet")),
    (stores.object_store("s3://bucket/a/b.parquet"), official.S3("bucket", "a/b.parquet")),
    (stores.object_store("s3a://bucket/a/b.parquet"), official.S3("bucket", "a/b.parquet")),
    (stores.object_store("gs://bucket/a"), official.GCS("bucket", "a")),
    (stores.object_store(f"abfss://{AZURE}/a/b"), official.ABFSS("people", "northwind", "a/b")),
    (stores.object_store(f"abfs://{AZURE}/a/b"), official.ABFSS("people", "northwind", "a/b")),
    (stores.object_store(f"wasbs://{AZURE}/a"), official.WASBS("people", "northwind", "a")),
    (
        stores.postgres_table(host="db.example", database="shop", schema="public", table="people"),
        official.Postgres("db.example", "5432", "shop", "public", "people"),
    ),
    (
        stores.kafka_topic(servers="a.example:9093,b.example:9092", topic="events.page"),
        official.Kafka("a.example", "9093", "events.page"),
    ),
    (stores.kafka_topic(servers="a.example", topic="t"), official.Kafka("a.example", "9092", "t")),
    (stores.snowflake_table(**SNOWFLAKE), official.Snowflake("org", "acc", "d", "s", "t")),
    (stores.bigquery_table(project="p-1", data_set="d", table="t"), official.BigQuery("p-1", "d", "t")),
]


@pytest.mark.parametrize(("ours", "theirs"), EQUAL)
def test_a_name_is_the_one_that_the_clients_class_gives(
    ours: DatasetName, theirs: official.DatasetNaming
) -> None:
    assert ours == DatasetName(theirs.get_namespace(), theirs.get_name())


def test_names_for_which_the_client_has_no_class_follow_the_rules_page_or_dbt() -> None:
    unity = stores.unity_table(host="adb-1.azuredatabricks.net", catalog="c", schema="s", table="t")
    duckdb = stores.duckdb_table(path="/data/shop.duckdb", table="people")

    assert unity == DatasetName("unitycatalog://adb-1.azuredatabricks.net", "c.s.t")
    assert duckdb == DatasetName("duckdb:///data/shop.duckdb", "shop.main.people")


def test_a_bucket_as_a_whole_is_named_by_a_slash() -> None:
    assert stores.object_store("s3://bucket").name == stores.object_store("s3://bucket/").name == "/"


def test_several_brokers_are_named_by_the_first() -> None:
    assert stores.kafka_topic(servers="[::1]:9093, b:1", topic="t").namespace == "kafka://[::1]:9093"


@pytest.mark.parametrize(
    "name",
    [
        lambda: stores.object_store("s3://AKIA:hunter2@bucket/a?X-Amz-Signature=hunter2#hunter2"),
        lambda: stores.object_store("gs://bucket/a?sig=hunter2"),
        lambda: stores.object_store("abfss://people:hunter2@northwind.dfs.core.windows.net/a?sig=hunter2"),
        lambda: stores.object_store("abfss://me:hunter2@people@northwind.dfs.core.windows.net/a"),
        lambda: stores.postgres_table(host="me:hunter2@db", database="d", schema="s", table="t"),
        lambda: stores.kafka_topic(servers="SASL_SSL://me:hunter2@b.example:9093", topic="t"),
        lambda: stores.kafka_topic(servers="hunter2@b.example", topic="t"),
        lambda: stores.unity_table(host="token:hunter2@adb.example", catalog="c", schema="s", table="t"),
    ],
)
def test_no_name_holds_a_credential(name: Callable[[], DatasetName]) -> None:
    assert "hunter2" not in str(name())
    assert "me:" not in str(name())


def test_a_container_is_told_from_who_logs_in() -> None:
    url = "abfss://me:hunter2@people:x@northwind.dfs.core.windows.net/a"

    assert stores.object_store(url).namespace == f"abfss://{AZURE}"


@pytest.mark.parametrize(
    "name",
    [
        lambda: stores.object_store("https://bucket.s3.example/a"),
        lambda: stores.object_store("s3:///a"),
        lambda: stores.object_store("/a"),
        lambda: stores.object_store("s3://[::1/a"),
        lambda: stores.postgres_table(host="db:5432", database="d", schema="s", table="t"),
        lambda: stores.postgres_table(host="db", database="d", schema=" ", table="t"),
        lambda: stores.postgres_table(host="", database="d", schema="s", table="t"),
        lambda: stores.kafka_topic(servers="b:port", topic="t"),
        lambda: stores.kafka_topic(servers="b", topic=""),
    ],
)
def test_what_names_no_dataset_is_refused(name: Callable[[], DatasetName]) -> None:
    with pytest.raises(MalformedName):
        name()


def test_files_are_told_from_tables() -> None:
    assert stores.is_location(local_file("/a"))
    assert stores.is_location(stores.object_store("s3://bucket/a"))
    assert not stores.is_location(stores.bigquery_table(project="p", data_set="d", table="t"))
