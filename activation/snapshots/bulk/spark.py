"""Running the query on an existing Spark, as it runs on DuckDB. Needs the extra `spark`.

The rows stay on Spark: it reads the audience and the file of people from storage that its workers reach, and
writes what may leave there. The kinds of state come to this process, which asks the engine about them, and go
back as a small table. Only pyspark's data frames and SQL are used.
"""

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema
from sqlglot import exp

from activation.obligations.applying import apply_by_place
from activation.obligations.plan import OutputPlan
from activation.snapshots.bulk.planning import Outcomes, Plan
from activation.snapshots.bulk.running import to_sql


class Spark:
    """A Spark session that queries are put to. Times are in UTC there, whatever its workers' clocks say."""

    def __init__(self, session: SparkSession) -> None:
        """Take a session; its time zone is set to UTC."""
        self.session = session
        session.conf.set("spark.sql.session.timeZone", "UTC")
        session.conf.set("spark.sql.timestampType", "TIMESTAMP_NTZ")

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


def decide(spark: Spark, plan: Plan, exceptions: pa.Table, *, people: str, audience: DataFrame) -> DataFrame:
    """Return the audience's rows with `outcome` and `valid_until`, decided on Spark.

    `audience` has a column `person` beside its own: the subject's reference.
    """
    spark.read("people", people)
    spark.give("exceptions", exceptions)
    audience.createOrReplaceTempView("audience")
    spark.give("outcomes", plan.learn(spark.table(plan.kinds_query())))
    return spark.frame(plan.rows_query(tuple(audience.columns)))


def leave(decided: DataFrame, outcomes: Outcomes, output: OutputPlan) -> DataFrame:
    """Return the rows that may leave, in the plan's columns, obligations applied as runs do."""
    decisions = outcomes.decisions
    owed = [decision.obligations for decision in decisions if decision.allowed]
    different = list(dict.fromkeys(owed))
    places = [different.index(one.obligations) if one.allowed else None for one in decisions]

    def honour(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        of_outcome = pa.array(places, pa.int32())
        for batch in batches:
            places_of_rows = of_outcome.take(batch.column("outcome"))
            kept = pc.is_valid(places_of_rows)
            yield apply_by_place(batch.filter(kept), places_of_rows.filter(kept), different, output)

    return decided.mapInArrow(honour, from_arrow_schema(output.schema))
