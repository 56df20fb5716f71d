"""A query as an audience: read in bounded memory, from a source that it can neither change nor leave."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from django.conf import LazySettings

from activation.enforcement.audience.asking.opening import open_query
from activation.enforcement.audience.asking.types import (
    ColumnTypeUnsupported,
    QueryFailed,
    QueryMalformed,
    SourceTooPowerful,
    SourceUnknown,
    SourceUnreachable,
)
from activation.enforcement.audience.identifiers import find_identifier_columns, read_identifiers
from activation.enforcement.audience.reading import ColumnNamesAmbiguous
from activation.enforcement.audience.types import ROWS_AT_ONCE, Audience, AudienceUnreadable
from config.launch.arguments import ROOT
from consent.subjects.types import IdentifierKind
from tests.warehouse_world import PASSWORD, Warehouse, open_warehouse

SECRET = "carol@customers.example"
MANY = 150_000
SERIES = "generate_series(1, 20000)"


@pytest.fixture(scope="module")
def crm(django_db_setup: None, django_db_blocker: Any) -> Iterator[Warehouse]:
    """A database with members, and a role that may read them."""
    with django_db_blocker.unblock(), open_warehouse("crm") as warehouse:
        reader = warehouse.create_role("reader")
        warehouse.execute(
            "CREATE TABLE member (customer_id text, email text, spent numeric, seen_at timestamptz,"
            " town char(8))",
            f"""INSERT INTO member VALUES
                ('00001', 'a@customers.example', 10.50, '2026-01-02 03:04:05.678901+02', 'Bonn'),
                ('00002', '{SECRET}', 7, NULL, NULL)""",
            "CREATE SEQUENCE counter",
            f"GRANT SELECT ON member TO {reader}",
            f"GRANT USAGE ON SEQUENCE counter TO {reader}",
        )
        yield warehouse


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a DuckDB database, and a Parquet and a CSV file of members."""
    folder = tmp_path_factory.mktemp("lake")
    with duckdb.connect(str(folder / "lake.duckdb")) as connection:
        connection.execute("CREATE TABLE member (customer_id VARCHAR, email VARCHAR, spent DECIMAL(9, 2))")
        connection.execute(
            f"INSERT INTO member VALUES ('00001', 'a@customers.example', 10.5), ('00002', '{SECRET}', 7)"
        )
        connection.execute(f"COPY member TO '{folder}/member.parquet'")
        connection.execute(f"COPY member TO '{folder}/member.csv' (HEADER)")
    return folder


@pytest.fixture(autouse=True)
def _sources(crm: Warehouse, lake: Path, settings: LazySettings) -> None:
    settings.SOURCES = {
        "crm": crm.address(crm.role("reader")),
        "lake": f"duckdb:{lake}/lake.duckdb",
        "parquet": f"duckdb:{lake}/member.parquet",
        "csv": f"duckdb:{lake}/member.csv",
        "gone": f"duckdb:{lake}/gone.duckdb",
        "closed": f"postgresql://nobody:{PASSWORD}@127.0.0.1:1/nothing",
        "strange": "mysql://root@localhost/x",
    }


def ask(folder: Path, text: str, source: str = "crm") -> Audience:
    """Return the audience that a query finds."""
    path = folder / "query.sql"
    path.write_text(text, encoding="utf-8")
    return open_query(query=path, source=source)


def rows_of(audience: Audience) -> list[dict[str, Any]]:
    """Return every row."""
    return [row for batch in audience.batches() for row in batch.to_pylist()]


def digest_of(audience: Audience) -> str:
    """Return what stands for the rows that were read."""
    assert audience.digest
    return audience.digest()


def test_postgresql_answers_with_typed_columns_and_numbers_to_their_last_digit(tmp_path: Path) -> None:
    audience = ask(tmp_path, "SELECT *, 7::int AS seven, true AS yes FROM member ORDER BY customer_id;")

    first, second = rows_of(audience)
    assert audience.schema.field("seen_at").type == pa.timestamp("us", "UTC")
    assert audience.schema.field("seven").type == pa.int32()
    assert (first["customer_id"], first["spent"], first["yes"]) == ("00001", "10.50", True)
    assert first["seen_at"].isoformat() == "2026-01-02T01:04:05.678901+00:00"
    assert (second["email"], second["spent"], second["seen_at"], second["town"]) == (SECRET, "7", None, None)


@pytest.mark.parametrize(("source", "table"), [("lake", "member"), ("parquet", "parquet"), ("csv", "csv")])
def test_duckdb_answers_from_a_database_a_parquet_and_a_csv_file(
    source: str, table: str, tmp_path: Path
) -> None:
    audience = ask(tmp_path, f"SELECT customer_id, email FROM {table} ORDER BY 1 DESC", source)

    assert rows_of(audience) == [
        {"customer_id": "00002", "email": SECRET},
        {"customer_id": "00001", "email": "a@customers.example"},
    ]


@pytest.mark.parametrize(("source", "table"), [("crm", "member"), ("lake", "member")])
def test_who_the_rows_are_about_is_read_from_a_querys_columns(
    source: str, table: str, tmp_path: Path
) -> None:
    audience = ask(tmp_path, f"SELECT customer_id, email AS mail FROM {table} ORDER BY 1", source)

    columns = find_identifier_columns(audience.schema, {IdentifierKind.EMAIL: "mail"})
    [batch] = audience.batches()
    people = read_identifiers(batch, columns)
    assert [person[0].value for person in people if person] == ["a@customers.example", SECRET]


@pytest.mark.parametrize("source", ["crm", "lake"])
def test_an_empty_answer_keeps_its_columns(source: str, tmp_path: Path) -> None:
    audience = ask(tmp_path, "SELECT customer_id FROM member WHERE false", source)

    assert audience.schema.names == ["customer_id"]
    assert rows_of(audience) == []
    assert digest_of(audience).startswith("sha256:")


@pytest.mark.parametrize("source", ["crm", "lake"])
def test_the_digest_stands_for_the_rows_in_their_order(source: str, tmp_path: Path) -> None:
    upwards = "SELECT customer_id FROM member ORDER BY 1"
    audience, again, downwards = (
        ask(tmp_path, text, source) for text in (upwards, upwards, f"{upwards} DESC")
    )
    digests = []
    for one in (audience, again, downwards):
        rows_of(one)
        digests.append(digest_of(one))

    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, audience.schema) as writer:
        for batch in audience.batches():
            writer.write_batch(batch)
    assert digests[0] == digests[1] == f"sha256:{hashlib.sha256(stream.getvalue()).hexdigest()}"
    assert digests[2] != digests[0]


def test_rows_that_were_not_read_to_their_end_have_no_digest(tmp_path: Path) -> None:
    audience = ask(tmp_path, "SELECT generate_series(1, 10000) AS user_id")

    with pytest.raises(AudienceUnreadable):
        digest_of(audience)
    next(audience.batches())
    with pytest.raises(AudienceUnreadable):
        digest_of(audience)


@pytest.mark.parametrize(
    ("source", "series"),
    [("crm", f"generate_series(1, {MANY}) AS n (id)"), ("lake", f"range({MANY}) AS n (id)")],
)
def test_many_rows_come_in_batches(source: str, series: str, tmp_path: Path) -> None:
    audience = ask(tmp_path, f"SELECT n.id AS user_id FROM {series}", source)

    sizes = [batch.num_rows for batch in audience.batches()]
    assert sum(sizes) == MANY
    assert max(sizes) == ROWS_AT_ONCE


READ_ALL = """
import json, resource, sys
from datetime import timedelta
from pathlib import Path
from activation.enforcement.audience.asking.duck import ask_duckdb
from activation.enforcement.audience.asking.postgres import ask_postgres
from activation.enforcement.audience.asking.types import Query, Source, SourceKind
name, address, *texts = json.load(sys.stdin)
kind, timeout = SourceKind(name), timedelta(minutes=5)
source = Source(name="s", kind=kind, address=address, timeout=timeout, memory_mib=128)
peaks = []
for text in texts:
    with {"postgres": ask_postgres, "duckdb": ask_duckdb}[name](source, Query(Path("q.sql"), text)) as answer:
        rows = sum(batch.num_rows for batch in answer.batches)
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
print(json.dumps([rows, *peaks]))
"""


@pytest.mark.parametrize(
    ("kind", "few", "many"),
    [
        ("postgres", "generate_series(1, 20000) n (id)", "generate_series(1, 600000) n (id)"),
        ("duckdb", "range(20000) n (id)", "range(2000000) n (id)"),
    ],
)
def test_memory_does_not_grow_with_the_rows(
    kind: str, few: str, many: str, crm: Warehouse, lake: Path
) -> None:
    address = crm.address(crm.role("reader")) if kind == "postgres" else f"{lake}/lake.duckdb"
    texts = [f"SELECT id, repeat('x', 200) AS filling FROM {series}" for series in (few, many)]

    done = subprocess.run(
        [sys.executable, "-c", READ_ALL],
        input=json.dumps([kind, address, *texts]),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    rows, first, second = json.loads(done.stdout)
    assert rows >= 600_000  # 120 MiB and more
    assert second - first < 60


@pytest.mark.parametrize("source", ["crm", "lake"])
@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1 AS user_id; SELECT 2 AS user_id",
        "SELECT 1 AS user_id; DELETE FROM member",
        "DELETE FROM member",
        "DELETE FROM member RETURNING customer_id",
        "INSERT INTO member (customer_id) VALUES ('3')",
        "UPDATE member SET email = ''",
        "TRUNCATE member",
        "DROP TABLE member",
        "CREATE TABLE other (user_id int)",
        "COPY member TO '/tmp/never.csv'",
        "SET statement_timeout = 0",
        "BEGIN",
        "",
        "-- nothing",
        "no query at all",
        "WITH gone AS (DELETE FROM member RETURNING customer_id) SELECT customer_id FROM gone",
        "WITH x AS (INSERT INTO member (customer_id) VALUES ('3') RETURNING customer_id) SELECT * FROM x",
        "SELECT user_id FROM nowhere",
    ],
)
def test_anything_but_one_query_is_refused_and_changes_nothing(
    text: str, source: str, tmp_path: Path
) -> None:
    with pytest.raises(AudienceUnreadable) as refused:
        rows_of(ask(tmp_path, text, source))

    assert SECRET not in str(refused.value)
    assert len(rows_of(ask(tmp_path, "SELECT customer_id FROM member", source))) == 2


@pytest.mark.parametrize(
    "text",
    [
        "DO $$ BEGIN PERFORM 1; END $$",
        "COPY member TO PROGRAM 'cat'",
        "COPY (SELECT 1) TO STDOUT",
        "CALL nothing()",
        "LISTEN somebody",
        "SELECT customer_id INTO other FROM member",
        "SELECT customer_id FROM member FOR UPDATE",
        "SELECT nextval('counter') AS user_id",
        "SELECT set_config('transaction_read_only', 'off', true) AS user_id",
        "SELECT pg_read_file('/etc/passwd') AS user_id",
        "SELECT lo_import('/etc/passwd') AS user_id",
        "SELECT pg_ls_dir('/') AS user_id",
        "SELECT rolpassword AS user_id FROM pg_authid",
        "EXPLAIN ANALYZE SELECT 1",
        "SHOW ALL",
    ],
)
def test_postgresql_refuses_what_the_role_and_the_transaction_do_not_allow(text: str, tmp_path: Path) -> None:
    with pytest.raises((QueryFailed, QueryMalformed)):
        rows_of(ask(tmp_path, text))


def test_a_cunning_text_does_not_end_the_transaction(
    crm: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activation.enforcement.audience.asking.statement._NO_QUERIES", ())
    monkeypatch.setattr(
        "activation.enforcement.audience.asking.statement.sqlglot.parse", lambda *_, **__: [object()]
    )
    for text in (
        "SELECT 1; COMMIT; CREATE TEMP TABLE x (a int)",
        "SELECT 1 AS user_id; SELECT 2",
        "DELETE FROM member",
    ):
        with pytest.raises(QueryFailed, match="42601"):
            rows_of(ask(tmp_path, text))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/etc/passwd')",
        "SELECT * FROM '{lake}/member.parquet'",
        "SELECT * FROM read_parquet('{lake}/member.parquet')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM parquet_metadata('{lake}/member.parquet')",
        "SELECT * FROM read_csv('https://example.com/x.csv')",
        "ATTACH '/tmp/never.duckdb' AS never",
        "ATTACH '{lake}/lake.duckdb' AS again",
        "COPY member TO '/tmp/never.csv'",
        "WITH x AS (COPY (SELECT 1) TO '{lake}/lake.duckdb' (USE_TMP_FILE false)) SELECT 1 AS user_id",
        "WITH x AS (COPY (SELECT 1) TO '{lake}/never.csv' (USE_TMP_FILE false)) SELECT 1 AS user_id",
        "EXPORT DATABASE '/tmp/never'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET disabled_filesystems = ''",
        "RESET lock_configuration",
        "PRAGMA disable_profiling",
        "CALL pragma_version()",
        "CREATE SECRET (TYPE s3)",
        "SELECT * FROM table_in_python",
        "DETACH lake",
        "PREPARE later AS SELECT 1",
        "EXPLAIN SELECT 1",
        "PIVOT member ON email",
        "SELECT $1 AS user_id",
    ],
)
def test_duckdb_can_reach_nothing_but_the_source(text: str, lake: Path, tmp_path: Path) -> None:
    table_in_python = pa.table({"user_id": [1]})
    before = sorted((path.name, path.stat().st_size) for path in lake.iterdir())

    with pytest.raises((QueryFailed, QueryMalformed)):
        rows_of(ask(tmp_path, text.format(lake=lake), "lake"))

    assert table_in_python
    assert sorted((path.name, path.stat().st_size) for path in lake.iterdir()) == before


@pytest.mark.parametrize("source", ["parquet", "csv"])
def test_a_file_that_duckdb_never_opened_cannot_be_written_by_a_query(
    source: str, lake: Path, tmp_path: Path
) -> None:
    before = {path.name: path.read_bytes() for path in lake.iterdir()}

    for name in before:
        copy = f"COPY (SELECT 1) TO '{lake}/{name}' (FORMAT csv, USE_TMP_FILE false)"
        with pytest.raises(QueryFailed):
            rows_of(ask(tmp_path, f"WITH x AS ({copy}) SELECT 1 AS user_id", source))

    assert {path.name: path.read_bytes() for path in lake.iterdir()} == before


def test_without_the_locks_a_query_would_overwrite_its_source(
    lake: Path, settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine.parquet"
    mine.write_bytes((lake / "member.parquet").read_bytes())
    settings.SOURCES = {"mine": f"duckdb:{mine}"}
    monkeypatch.setattr("activation.enforcement.audience.asking.duck._LOCK", ())
    monkeypatch.setattr("activation.enforcement.audience.asking.statement._NO_QUERIES", ())

    copy = f"COPY (SELECT 1) TO '{mine}' (FORMAT csv, USE_TMP_FILE false)"
    with suppress(SourceUnreachable):  # it is no Parquet file any more when it is asked again
        rows_of(ask(tmp_path, f"WITH x AS ({copy}) SELECT 1 AS user_id", "mine"))

    assert b"@customers.example" not in mine.read_bytes()


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (
            "crm",
            f"SELECT CASE WHEN n < 9000 THEN n ELSE ('{SECRET}' || n)::int END AS id FROM {SERIES} AS n",
        ),
        (
            "lake",
            f"SELECT CASE WHEN n < 9000 THEN n ELSE ('{SECRET}' || n)::int END AS id FROM range(20000) m (n)",
        ),
        ("crm", "SELECT date 'infinity' AS user_id"),
    ],
)
def test_an_error_half_way_is_told_without_the_row(source: str, text: str, tmp_path: Path) -> None:
    audience = ask(tmp_path, text, source)

    with pytest.raises(QueryFailed) as failed:
        rows_of(audience)

    assert SECRET not in str(failed.value)
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__
    with pytest.raises(AudienceUnreadable):
        digest_of(audience)


def test_columns_that_change_between_two_askings_are_refused(crm: Warehouse, tmp_path: Path) -> None:
    crm.execute("CREATE VIEW changing AS SELECT '1'::text AS user_id")
    crm.execute(f"GRANT SELECT ON changing TO {crm.role('reader')}")
    audience = ask(tmp_path, "SELECT * FROM changing")
    crm.execute("DROP VIEW changing", "CREATE VIEW changing AS SELECT 1 AS user_id")
    crm.execute(f"GRANT SELECT ON changing TO {crm.role('reader')}")

    with pytest.raises(QueryFailed, match="changed"):
        rows_of(audience)


@pytest.mark.parametrize("source", ["crm", "lake"])
def test_two_columns_of_one_name_are_refused(source: str, tmp_path: Path) -> None:
    with pytest.raises(ColumnNamesAmbiguous):
        ask(tmp_path, 'SELECT customer_id, email AS "Customer_ID" FROM member', source)
    with pytest.raises(ColumnNamesAmbiguous):
        ask(tmp_path, "SELECT customer_id, customer_id FROM member", source)


def test_a_type_that_no_file_holds_is_refused_by_its_column(tmp_path: Path) -> None:
    with pytest.raises(ColumnTypeUnsupported, match="'lasted'"):
        ask(tmp_path, "SELECT interval 1 day AS lasted FROM member", "lake")


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("nobody", SourceUnknown),
        ("strange", SourceUnknown),
        ("gone", SourceUnreachable),
        ("closed", SourceUnreachable),
    ],
)
def test_a_source_that_cannot_be_asked_is_named_without_its_address(
    source: str, error: type[AudienceUnreadable], tmp_path: Path
) -> None:
    with pytest.raises(error) as refused:
        ask(tmp_path, "SELECT 1 AS user_id", source)

    assert PASSWORD not in str(refused.value)
    assert "/" not in str(refused.value).replace("postgresql://", "")


@pytest.mark.parametrize(
    ("name", "options", "grant"),
    [
        ("maker", "CREATEROLE", ""),
        ("passer", "BYPASSRLS", ""),
        ("writer", "", "GRANT DELETE ON member TO {role}"),
        ("all_writer", "", "GRANT pg_write_all_data TO {role}"),
        ("file_reader", "", "GRANT pg_read_server_files TO {role}"),
    ],
)
def test_a_role_that_can_do_more_than_read_is_not_asked(
    name: str, options: str, grant: str, crm: Warehouse, settings: LazySettings, tmp_path: Path
) -> None:
    role = crm.create_role(name, options)
    if grant:
        crm.execute(grant.format(role=role))
    settings.SOURCES = {"crm": crm.address(role)}
    try:
        with pytest.raises(SourceTooPowerful):
            ask(tmp_path, "SELECT 1 AS user_id")
    finally:
        crm.execute(f"DROP OWNED BY {role}")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("crm", "SELECT count(*) AS user_id FROM generate_series(1, 1000000000)"),
        ("lake", "SELECT sum(a.range * b.range) AS user_id FROM range(10000000) a, range(1000000) b"),
    ],
)
def test_a_query_that_takes_too_long_is_broken_off(
    source: str, text: str, settings: LazySettings, tmp_path: Path
) -> None:
    settings.SOURCE_TIMEOUT = settings.SOURCE_TIMEOUT / 600 / 5

    with pytest.raises(QueryFailed, match="longer than"):
        rows_of(ask(tmp_path, text, source))


def test_a_query_that_needs_too_much_memory_is_broken_off(settings: LazySettings, tmp_path: Path) -> None:
    settings.SOURCE_MEMORY_MIB = 32

    with pytest.raises(QueryFailed, match="memory"):
        rows_of(ask(tmp_path, "SELECT range AS user_id FROM range(20000000) ORDER BY hash(range)", "lake"))


def test_a_file_that_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "query.sql").write_bytes(b"\xff\xfe")

    for name in ("query.sql", "gone.sql"):
        with pytest.raises(QueryMalformed):
            open_query(query=tmp_path / name, source="crm")


@pytest.mark.parametrize("source", ["crm", "lake"])
def test_lineage_hears_which_tables_a_query_reads_and_not_how_they_are_reached(
    source: str, tmp_path: Path
) -> None:
    audience = ask(tmp_path, f"SELECT *, md5(email) AS hashed FROM member WHERE email <> '{SECRET}'", source)

    assert audience.asked is not None
    found = audience.asked.lineage
    [table] = found.tables
    assert table.namespace.startswith({"crm": "postgres://localhost:", "lake": "duckdb:///"}[source])
    assert table.name.endswith({"crm": ".public.member", "lake": "lake.main.member"}[source])
    assert found.is_complete
    assert [place is not None for place in audience.asked.places] == [True] * len(audience.schema.names)
    assert PASSWORD not in repr(audience.asked)
    assert SECRET not in repr(audience.asked)


@pytest.mark.parametrize(("source", "table"), [("parquet", "parquet"), ("csv", "csv")])
def test_lineage_calls_a_table_that_is_a_file_by_the_file(
    source: str, table: str, tmp_path: Path, lake: Path
) -> None:
    audience = ask(tmp_path, f"SELECT customer_id FROM {table}", source)

    assert audience.asked is not None
    assert [one.name for one in audience.asked.lineage.tables] == [f"{lake}/member.{source}"]
