"""Running the query on an existing Spark, as it runs on DuckDB. Needs the extra `spark`.

The rows stay on Spark: it reads the audience and the file of people from storage that its workers reach, and
writes what may leave there. The kinds of state come to this process, which asks the engine about them, and go
back as a small table. Only pyspark's data frames and SQL are used.
"""

from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sf
from pyspark.sql.pandas.types import from_arrow_schema
from sqlglot import exp

from activation.obligations.applying import apply_by_place
from activation.obligations.plan import OutputPlan
from activation.snapshots.bulk.planning import Outcomes, Plan
from activation.snapshots.bulk.running import to_sql

ROW = "row"
"""The audience's own columns, kept together under one name, so that none is taken for one of ours."""
Batches = Iterable[pa.RecordBatch]


class OutcomeUnknown(Exception):
    """A row has no outcome that the engine gave: neither it nor any other may leave."""


class Spark:
    """A Spark session that queries are put to. Times are in UTC there, whatever its workers' clocks say."""

    def __init__(self, session: SparkSession) -> None:
        """Take a session; its time zone is set to UTC."""
        self.session = session
        session.conf.set("spark.sql.session.timeZone", "UTC")
        session.conf.set("spark.sql.timestampType", "TIMESTAMP_NTZ")
        session.conf.set("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")  # else the zone is lost

    def read(self, name: str, path: str) -> None:
        """Let the relation `name` be Parquet at `path`."""
        self.session.read.parquet(path).createOrReplaceTempView(name)

    def give(self, name: str, table: pa.Table) -> None:
        """Let the relation `name` be a small table of this process."""
        self.session.createDataFrame(table).createOrReplaceTempView(name)

    def frame(self, select: exp.Query) -> DataFrame:
        """Return the result of a query, where it lies."""
        return self.session.sql(to_sql(select, "spark"))

    def table(self, select: exp.Query) -> pa.Table:
        """Return the whole result of a query; for few rows."""
        return self.frame(select).toArrow()


def decide(
    spark: Spark, plan: Plan, exceptions: pa.Table, *, people: str, audience: DataFrame, named_by: str
) -> DataFrame:
    """Return the audience's rows, each as `row`, with `person`, `outcome` and `valid_until`.

    Its column `named_by` holds the subject's reference; empty text names nobody, as null does.
    """
    spark.read("people", people)
    spark.give("exceptions", exceptions)
    column = audience[f"`{named_by.replace('`', '``')}`"]
    person = sf.nullif(column.cast("string"), sf.lit("")).alias("person")
    audience.select(sf.struct("*").alias(ROW), person).createOrReplaceTempView("audience")
    spark.give("outcomes", plan.learn(spark.table(plan.kinds_query())))
    return spark.frame(plan.rows_query((ROW, "person")))


def leave(decided: DataFrame, outcomes: Outcomes, output: OutputPlan) -> DataFrame:
    """Return the rows that may leave, in the plan's columns, obligations applied as runs do.

    Working it out fails with `OutcomeUnknown` on the worker if a row has an outcome that is none of these.
    """
    denials = [number for number, one in enumerate(outcomes.decisions) if not one.allowed]
    others = decided.where(~sf.col("outcome").isin(denials))
    return others.mapInArrow(_honour(outcomes, output), from_arrow_schema(output.schema))


def _honour(outcomes: Outcomes, output: OutputPlan) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """Return what workers do with rows that were not denied. They are sent it, and what it uses by name."""
    owed = {number: one.obligations for number, one in enumerate(outcomes.decisions) if one.allowed}
    different = list(dict.fromkeys(owed.values()))
    known = pa.array(owed, pa.int32())
    places = pa.array([different.index(one) for one in owed.values()], pa.int32())

    def honour(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            found = pc.index_in(batch.column("outcome"), value_set=known)
            if found.null_count:
                raise OutcomeUnknown
            rows = pa.RecordBatch.from_struct_array(batch.column(ROW))
            yield apply_by_place(rows, places.take(found), different, output)

    return honour
