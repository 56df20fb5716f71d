"""A MariaDB for the tests: the system's, else Debian's package, unpacked below the home and not installed."""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.launch.console import say
from config.launch.errors import LaunchError

FOLDER = "mariadb"
PACKAGE = "mariadb-server-core"
_NAMES = ("mariadbd", "mysqld")
_SYSTEM = ("/usr/sbin", "/usr/local/sbin", "/usr/libexec", "/usr/local/bin")
_ADVICE = (
    "Install one (on Debian: sudo apt-get install mariadb-server-core), or set MARIADBD_PATH to a mariadbd."
)


class NoMariaDB(LaunchError):
    """The tests need a MariaDB, and there is none."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A MariaDB that can be started."""

    path: Path
    share: Path
    """Its messages, and the scripts that make its own tables."""
    libraries: tuple[Path, ...] = ()
    """Where it finds what the system lacks."""

    @property
    def environment(self) -> dict[str, str]:
        """What its processes are started with."""
        libraries = ":".join(map(str, self.libraries))
        return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"} | (
            {"LD_LIBRARY_PATH": libraries} if libraries else {}
        )


def find(home: Path) -> Program | None:
    """Return the MariaDB that is there: the one that is named, the system's, or one unpacked before.

    :raises NoMariaDB: if MARIADBD_PATH names none.
    """
    if given := os.environ.get("MARIADBD_PATH"):
        if program := _program(Path(given)):
            return program
        raise NoMariaDB(f"MARIADBD_PATH is {given}, which is no mariadbd with its share folder.")
    places = [Path(folder, name) for folder in _SYSTEM for name in _NAMES]
    places += [Path(found) for found in map(shutil.which, _NAMES) if found]
    places.append(home / FOLDER / "usr/sbin/mariadbd")
    return next(filter(None, map(_program, places)), None)


def find_or_unpack(home: Path) -> Program:
    """Return the MariaDB that is there; on Debian and its kin, fetch the package and unpack it below `home`.

    :raises NoMariaDB: if there is none; the message says what to do.
    """
    if found := find(home):
        return found
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise NoMariaDB(f"The tests of databases need a MariaDB. {_ADVICE}")
    home.mkdir(parents=True, exist_ok=True)
    with _alone(home):
        if found := find(home):
            return found  # another process unpacked it meanwhile
        say("Unpacking a MariaDB for the tests …")
        with tempfile.TemporaryDirectory(prefix="mariadb-new-", dir=home) as folder:
            _unpack(Path(folder))
            shutil.rmtree(home / FOLDER, ignore_errors=True)
            (Path(folder) / "root").rename(home / FOLDER)
    if found := find(home):
        return found
    raise NoMariaDB(f"Debian's {PACKAGE} was unpacked and does not run. {_ADVICE}")


def needed(depends: str) -> list[str]:
    """Return the packages of a `Depends` field, of alternatives the first."""
    names = [part.partition("|")[0].strip() for part in depends.split(",")]
    return [re.split(r"[\s:(]", name, maxsplit=1)[0] for name in names if name]


def _program(path: Path) -> Program | None:
    """Return the program, if it runs and is a MariaDB: MySQL makes its own tables in another way."""
    top = path.parent.parent
    shares = (folder / "share" / name for folder in (top, Path("/usr")) for name in ("mysql", "mariadb"))
    share = next((one for one in shares if (one / "mysql_system_tables.sql").is_file()), None)
    if not path.is_file() or share is None:
        return None
    libraries = tuple(sorted(folder for folder in (top / "lib").glob("*-linux-*") if top.name == "usr"))
    own = () if top == Path("/usr") else libraries
    program = Program(path=path, share=share, libraries=own)
    done = _run([str(path), "--no-defaults", "--version"], environment=program.environment)
    return program if done.returncode == 0 and "MariaDB" in done.stdout else None


def _unpack(folder: Path) -> None:
    _download(folder, [PACKAGE])
    depends = _run(["dpkg-deb", "--field", str(next(folder.glob("*.deb"))), "Depends"]).stdout
    _download(folder, [name for name in needed(depends) if name != "mariadb-common" and not _is_there(name)])
    for package in folder.glob("*.deb"):
        if _run(["dpkg-deb", "--extract", str(package), str(folder / "root")]).returncode:
            raise NoMariaDB(f"{package.name} cannot be unpacked. {_ADVICE}")


def _download(folder: Path, packages: list[str]) -> None:
    """Fetch packages into `folder`. Where the lists of packages are missing, root has them fetched first."""
    if not packages:
        return
    command = ["apt-get", "--quiet=2", "-o", "APT::Sandbox::User=root", "download", *packages]
    if _run(command, folder=folder).returncode and os.geteuid() == 0:
        _run(["apt-get", "--quiet=2", "update"])
    done = _run(command, folder=folder)
    if done.returncode:
        raise NoMariaDB(f"apt-get cannot download {', '.join(packages)}: {done.stderr.strip()} {_ADVICE}")


def _is_there(package: str) -> bool:
    return "ok installed" in _run(["dpkg-query", "--show", "--showformat=${Status}", package]).stdout


def _run(
    command: list[str], *, folder: Path | None = None, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - words of ours
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", type(error).__name__)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    handle = os.open(home, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
