"""The Spark that runs are put to. Needs the extra `spark`, and a Java of 17 or newer."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from consent.kernel.errors import AccordantError


class SparkNotStarted(AccordantError):
    """No session could be opened."""

    code = "spark_not_started"
    status = 502


def local_workers() -> Mapping[str, str]:
    """Return the environment in which workers of this machine find this Python, and our code.

    A cluster's workers have their own, with `accordant` installed.
    """
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYSPARK_PYTHON": sys.executable, "PYTHONPATH": os.pathsep.join(paths)}


@contextmanager
def open_session(master: str | None) -> Iterator[SparkSession]:
    """Give a session at `master`, or at what `spark-defaults.conf` says; on leaving, it is closed.

    :raises SparkNotStarted: if there is no Java, or Spark does not answer.
    """
    builder = SparkSession.builder.appName("accordant")
    if master is not None and master.startswith("local"):
        os.environ.update(local_workers())
    if master is not None:
        builder = builder.master(master)
    try:
        session = builder.getOrCreate()
    except (PySparkException, OSError):
        raise SparkNotStarted("Spark did not start: it needs Java 17 or newer, and its master") from None
    try:
        yield session
    finally:
        session.stop()
