"""Audience runs on Spark: rows stay there, evidence is made here. Needs the extra `spark`.

The audience names people by the service's own reference. Spark and this process see its Parquet, the file of
people and the output's folder under the same paths. What leaves lies in a folder of Parquet; a connected
destination is not handed anything.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
from django.conf import settings
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from activation.decisions.types import Question
from activation.enforcement import lifecycle, services
from activation.enforcement.audience.identifiers import IdentifierColumnMissing, find_subject_column
from activation.enforcement.audience.reading import check_names
from activation.enforcement.audience.types import Audience, AudienceFormat, AudienceUnreadable
from activation.enforcement.changes import list_changed
from activation.enforcement.drafting import Draft, plan_columns, rewrite
from activation.enforcement.files import RunFiles, remove
from activation.enforcement.judging import Judge
from activation.enforcement.locks import hold_output
from activation.enforcement.members import write_members
from activation.enforcement.models import EnforcementRun
from activation.enforcement.order import Order
from activation.enforcement.people_file import find_people_file
from activation.enforcement.reviving import close_dead_runs
from activation.enforcement.scratch import open_scratch
from activation.enforcement.spark_files import write_left, write_roll
from activation.enforcement.stream import Stream
from activation.enforcement.tally import tally_up
from activation.enforcement.types import RunResult, Watcher
from activation.snapshots.bulk import spark as bulk
from activation.snapshots.bulk.planning import Asked, LensMissing
from activation.snapshots.bulk.running import Duck, open_duck
from activation.snapshots.queries import open_snapshot
from consent.kernel.errors import AccordantError
from consent.subjects.types import SUBJECT_REF
from lineage.events.types import ParentRun

_PATTERN = re.compile(r"[*?\[\]{}\\]")
"""What Spark reads in a path as standing for other paths."""


class PeopleFileMissing(AccordantError):
    """Spark needs a file of people, and there is none that this run may rest on."""

    code = "people_file_missing"
    status = 409


class SparkFailed(AccordantError):
    """Spark could not do its part. What it said is not repeated: it may quote rows."""

    code = "spark_failed"
    status = 502


@dataclass(frozen=True, slots=True)
class _Place:
    """The Spark that a run uses, and the audience there."""

    spark: bulk.Spark
    frame: DataFrame
    duck: Duck


def enforce_on_spark(
    *,
    session: SparkSession,
    purpose: str,
    destination: str,
    controller: str,
    input_path: Path,
    output_path: Path,
    at: datetime,
    subject_column: str | None = None,
    parent: ParentRun | None = None,
) -> RunResult:
    """Decide every row of Parquet at `input_path`, a file or a folder, and write what may leave.

    As `enforce_audience`, with four differences: rows name people by reference alone, in `subject_column` (by
    default the one of that name); the output is a folder, its rows in no order; nothing is handed over; and
    there must be a file of people.

    :raises MalformedOrder: if a slug is none.
    :raises AudienceUnreadable: if Spark cannot read the audience, or no column names people.
    :raises PeopleFileMissing: if there is no file of people that the run may rest on.
    :raises OutputExists, OutputNotWritable, OutputBusy: if the output cannot be written. Nothing leaves.
    :raises ObligationNotSupported: if the policy may ask for what cannot be done. No row is read.
    :raises RowsUndecided: if a row has no outcome that the engine gave, or rows were lost. Nothing leaves.
    :raises SparkFailed: if Spark fails. Nothing leaves.
    """
    services.check_slugs(purpose, destination, controller)
    spark = bulk.Spark(session)
    frame, audience = _open(spark, input_path.resolve())
    named = find_subject_column(audience.schema, {SUBJECT_REF: subject_column} if subject_column else None)
    if named is None:
        raise IdentifierColumnMissing(f"no column is named {SUBJECT_REF}: name one with --subject-column")
    order = Order(
        question=Question(purpose=purpose, destination=destination, controller=controller),
        audience=audience,
        subject_column=named,
        columns={},
        at=at,
        audience_name=services.name_of(output_path),
        watcher=Watcher(parent=parent),
    )
    files = RunFiles(output_path.parent.resolve() / output_path.name, uuid4(), Path(settings.MEMBERS))
    with hold_output(str(files.output)):
        close_dead_runs()
        files.members.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.check_free(overwrite=False)
        return _run(order, files, spark, frame)


def _open(spark: bulk.Spark, path: Path) -> tuple[DataFrame, Audience]:
    if _PATTERN.search(str(path)):
        raise AudienceUnreadable("Spark reads * ? [ ] { } and \\ in a path as a pattern: rename the audience")
    if not path.exists():
        raise AudienceUnreadable(f"{path.name}: there is no such file or folder")
    try:
        frame = spark.session.read.parquet(f"file://{path}")
        schema = to_arrow_schema(frame.schema, timezone="UTC")
    except (PySparkException, Py4JError):
        raise AudienceUnreadable(f"{path.name}: Spark cannot read it as Parquet") from None
    check_names(schema)
    return frame, Audience(path, AudienceFormat.PARQUET, schema, _unread)


def _unread() -> Iterator[pa.RecordBatch]:
    raise LookupError("the rows are on Spark")


def _run(order: Order, files: RunFiles, spark: bulk.Spark, frame: DataFrame) -> RunResult:
    run: EnforcementRun = lifecycle.start(order, files)
    try:
        with open_scratch(run.pk) as scratch, open_duck(scratch) as duck, _discreet():
            place = _Place(spark, frame, duck)
            services.prepare(
                run,
                order,
                files,
                lambda key: _draft(order, files, place, key),
                services.name_of(files.output),
            )
        remove(files.partial(files.roll))
        files.deliver()
    except BaseException as error:  # an interrupt too must leave nothing that looks finished
        services.give_up(run, files, error)
        raise
    lifecycle.complete(run)
    return services.result_of(run, files)


@contextmanager
def _discreet() -> Iterator[None]:
    """Let no word of Spark's out.

    :raises SparkFailed: if it fails.
    """
    try:
        yield
    except (PySparkException, Py4JError):
        raise SparkFailed("Spark failed, and nothing was delivered: its own log says why") from None


def _draft(order: Order, files: RunFiles, place: _Place, run_key: bytes) -> Draft:
    with open_snapshot(at=order.at) as snapshot:
        order = replace(order, at=max(order.at, snapshot.complete_at))
        people = find_people_file(size=snapshot.watermark, audience_bytes=sys.maxsize)
        if people is None:
            raise PeopleFileMissing("there is no file of people that is new enough: run write_people_file")
        asked = Asked(
            policy=snapshot.policy, register=snapshot.register, question=order.question, at=order.at
        )
        plan = plan_columns(order, snapshot)
        try:
            judge = Judge(place.duck, asked, people)
        except LensMissing:
            raise PeopleFileMissing("the file of people lacks a purpose: run write_people_file") from None
        judge.meet(list_changed(since=people.watermark))
    decided = write_roll(judge, place.spark, place.frame, people.path, order, files)
    tally = tally_up(judge.counts(), judge.outcomes)
    write_left(bulk.leave(decided, judge.outcomes, plan), files, rows_expected=tally.allowed)
    decided.unpersist()
    with rewrite(files, files.evidence) as file:
        members = write_members(
            place.duck, judge.outcomes, run_id=files.run_id, run_key=run_key, by_reference=True, file=file
        )
    return Draft(
        order=order,
        policy=snapshot.policy,
        register=snapshot.register,
        watermark=snapshot.watermark,
        states_watermark=people.watermark,
        stream=Stream(order.audience, None, ()),
        judge=judge,
        plan=plan,
        tally=tally,
        members=members,
        strings=None,
        told=None,
    )
