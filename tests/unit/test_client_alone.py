"""The client is installed alone: its wheel holds what it needs and no more, and works without Django."""

import re
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from consent.kernel.signing import SigningKey
from tests.architecture.source import ROOT, Source, list_sources

PROJECT = ROOT / "activation" / "client"
FRAMES = "activation/client/frames/"
BLOCKED = ("django", "psycopg", "celery", "redis", "rest_framework", "config", "lineage", "uvloop")
MAIN = f"""
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {BLOCKED!r}:
            raise ImportError(f"{{name}} is not installed here")

sys.meta_path.insert(0, Blocked())
sys.path.insert(0, sys.argv[1])
"""
WITHOUT_ARROW = """
class NoArrow:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("pyarrow", "polars", "pandas", "numpy"):
            raise ImportError(f"{name} is not installed here")
sys.meta_path.insert(0, NoArrow())
"""
FILTER = """
import pyarrow
from activation.client import AccordantClient
from activation.client.frames import BatchFilter
import activation
assert activation.__file__.startswith(sys.argv[1])
given = {"verify_key": sys.argv[2], "folder": sys.argv[3], "kinds": ["customer_id"]}
with AccordantClient("http://127.0.0.1:9", "acc_x", **given) as client:
    asks = BatchFilter(client, purpose="ml.features", destination="store", identifiers={"customer_id": "id"})
    filtered = asks.filter(pyarrow.table({"id": ["1", "2"]}))
    assert filtered.rows.num_rows == 0
    assert filtered.by_reason == {"state_unavailable": 2}
assert not {"django", "polars"} & set(sys.modules)  # pyarrow itself takes pandas along where it is
print("filtered")
"""
ASK = """
from activation.client import AccordantClient, Freshness, HttpClient
import activation
assert activation.__file__.startswith(sys.argv[1])
given = {"verify_key": sys.argv[2], "folder": sys.argv[3], "kinds": ["email"]}
with AccordantClient("http://127.0.0.1:9", "acc_x", **given) as client:
    answer = client.check(("email", "anna@customers.example"), "marketing.email", "mailer")
    assert (answer.allowed, answer.reason) == (False, "state_unavailable")
    assert client.freshness is Freshness.UNREACHABLE
    assert not client.check_many(["sub_1", ("user_id", "2")], "marketing.email", "mailer")[1]
assert "django" not in sys.modules
print("asked")
"""


@dataclass(frozen=True)
class Installed:
    """The wheel, unpacked into a folder of its own."""

    folder: Path
    names: frozenset[str]

    def run(self, program: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run `program` where neither the project nor Django can be imported."""
        command = [sys.executable, "-I", "-c", MAIN + program, str(self.folder), *map(str, words)]
        return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Build the wheel and unpack it, as an installer would."""
    wheels, folder = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(wheels)]
    subprocess.run(build, cwd=PROJECT, check=True, capture_output=True, timeout=60)
    (wheel,) = wheels.glob("accordant_client-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
        return Installed(folder, frozenset(archive.namelist()))


def test_it_denies_alone_where_there_is_no_service(installed: Installed, tmp_path: Path) -> None:
    key = SigningKey.from_seed("consent.example", bytes(32)).verify_key.text
    done = installed.run(ASK, key, tmp_path / "snapshot")

    assert (done.stdout, done.returncode) == ("asked\n", 0), done.stderr


def test_it_needs_no_arrow_to_check(installed: Installed, tmp_path: Path) -> None:
    key = SigningKey.from_seed("consent.example", bytes(32)).verify_key.text
    done = installed.run(WITHOUT_ARROW + ASK, key, tmp_path / "snapshot")

    assert (done.stdout, done.returncode) == ("asked\n", 0), done.stderr
    assert "pyarrow is not installed here" in installed.run(WITHOUT_ARROW + FILTER).stderr


def test_with_arrow_it_filters_tables_alone(installed: Installed, tmp_path: Path) -> None:
    key = SigningKey.from_seed("consent.example", bytes(32)).verify_key.text
    done = installed.run(FILTER, key, tmp_path / "snapshot")

    assert (done.stdout, done.returncode) == ("filtered\n", 0), done.stderr


@pytest.mark.parametrize("name", BLOCKED)
def test_nothing_of_the_service_can_be_imported_where_it_runs(installed: Installed, name: str) -> None:
    assert f"{name} is not installed here" in installed.run(f"import {name}").stderr


def test_the_wheel_holds_what_the_client_imports_and_no_more(installed: Installed) -> None:
    assert {name for name in installed.names if name.endswith(".py")} == needed()


def test_the_wheel_declares_what_its_modules_import() -> None:
    base = imported_by(needed(without=FRAMES))

    assert base == names_of(declared(PROJECT)["dependencies"])
    assert imported_by(needed()) - base == names_of(declared(PROJECT)["optional-dependencies"]["frames"])


def test_the_wheel_asks_for_the_versions_that_the_project_does() -> None:
    theirs = declared(PROJECT)

    assert {*theirs["dependencies"], *theirs["optional-dependencies"]["frames"]} <= set(
        declared(ROOT)["dependencies"]
    )


def declared(folder: Path) -> dict[str, Any]:
    """Return what a project says of itself."""
    project: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    return project


def names_of(requirements: list[str]) -> set[str]:
    """Return the modules that requirements bring."""
    names = {re.split(r"[<>=]", line)[0].replace("-", "_") for line in requirements}
    return {{"python_dateutil": "dateutil"}.get(name, name) for name in names}


def imported_by(paths: set[str]) -> set[str]:
    """Return the packages of others that files import."""
    known = set(sys.stdlib_module_names) | {"activation", "consent"}
    return {name.partition(".")[0] for path in paths for _, name in sources()[path].imports()} - known


@cache
def sources() -> dict[str, Source]:
    """Return every file of the floors that the client stands on, by its path."""
    return {str(source.path): source for source in list_sources("activation", "consent")}


@cache
def without_types(source: Source) -> Source:
    """Return the source without what is imported for types alone, which nothing loads."""
    return Source(
        source.path, re.sub(r"^if TYPE_CHECKING:.*\n(?:    .*\n)+", "", source.text, flags=re.MULTILINE)
    )


def needed(*, without: str = "nothing") -> set[str]:
    """Return the files that the client's own (but for some) import, directly or not, and their packages."""
    found, files = set[str](), sources()
    waiting = [
        path for path in files if path.startswith("activation/client/") and not path.startswith(without)
    ]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        names = [name for _, name in without_types(files[path]).imports()]
        parents = [str(parent / "__init__.py") for parent in Path(path).parents]
        modules = [name.replace(".", "/") for name in names]
        candidates = [f"{one}.py" for one in modules] + [f"{one.rpartition('/')[0]}.py" for one in modules]
        packages = [f"{one}/__init__.py" for one in modules]
        waiting += [one for one in (*parents, *candidates, *packages) if one in files]
    return found
