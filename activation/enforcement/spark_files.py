"""What Spark writes for a run: who each row is about, for the evidence, and the rows that leave."""

from pathlib import Path

import pyarrow as pa
from pyarrow import parquet
from pyspark.sql import DataFrame
from pyspark.sql import functions as sf
from pyspark.storagelevel import StorageLevel

from activation.enforcement.files import RunFiles, remove, sync, sync_folder
from activation.enforcement.judging import Judge, RowsUndecided
from activation.enforcement.order import Order
from activation.snapshots.bulk import spark as bulk
from activation.snapshots.bulk.planning import Plan

_OWNER_ONLY = 0o700
_PARTS = "part-*.parquet"


def write_roll(
    judge: Judge, spark: bulk.Spark, audience: DataFrame, people: Path, order: Order, files: RunFiles
) -> DataFrame:
    """Have Spark decide every row, and the judge count what came of it. Return the decided rows.

    They are kept on the disks of Spark's workers, so that what is counted and what leaves are the same
    decisions; `unpersist` lets them go.

    :raises RowsUndecided: if a state was not judged.
    """
    kept: list[DataFrame] = []

    def decide(plan: Plan, exceptions: pa.Table) -> Path:
        decided = bulk.decide(
            spark,
            plan,
            exceptions,
            people=f"file://{people}",
            audience=audience,
            named_by=order.subject_column or "",
        ).persist(StorageLevel.DISK_ONLY)
        kept.append(decided)
        folder = files.partial(files.roll)
        remove(folder)
        folder.mkdir(mode=_OWNER_ONLY)
        roll = decided.select("person", "outcome", "valid_until", sf.lit(None).cast("int").alias("canary"))
        roll.write.parquet(f"file://{folder}/decided")
        return folder / "decided" / _PARTS

    judge.decide_elsewhere(decide)
    return kept[0]


def write_left(rows: DataFrame, files: RunFiles, *, rows_expected: int) -> None:
    """Write the rows that leave into a folder of Parquet files and nothing else, under its partial name.

    :raises RowsUndecided: if they are not as many as were allowed.
    """
    folder = files.partial(files.output)
    remove(folder)
    rows.write.parquet(f"file://{folder}")
    parts = set(folder.glob(_PARTS))
    for other in set(folder.iterdir()) - parts:  # marks and checksums of Spark's own
        remove(other)
    if sum(parquet.read_metadata(part).num_rows for part in parts) != rows_expected:
        raise RowsUndecided("Spark wrote other rows than it decided: nothing was delivered; report this")
    for part in parts:
        with part.open("rb") as file:
            sync(file)
    sync_folder(folder)
