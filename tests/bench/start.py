"""How long a newcomer waits: `./dev demo --once` in a fresh clone, and again."""

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from config.launch.arguments import ROOT
from tests.bench.report import Figure

SERVERS = {
    "DATABASE_URL",
    "KEYS_DATABASE_URL",
    "BROKER_URL",
    "VIRTUAL_ENV",
    "DJANGO_SETTINGS_MODULE",
    "ACCORDANT_HOME",
}


def measure() -> Sequence[Figure]:
    """Return the seconds of a first and a second start. Packages may come from a cache of the machine's."""
    with tempfile.TemporaryDirectory() as name:
        clone = Path(name) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        cold, second = _start(clone), _start(clone)
    return [
        Figure("cold ./dev demo --once: venv, databases, the job", cold, "s"),
        Figure("second ./dev demo --once", second, "s", "the cold start", second / cold),
    ]


def _start(clone: Path) -> float:
    environment = {name: value for name, value in os.environ.items() if name not in SERVERS}
    for name in [name for name in environment if name.startswith(("ACCORDANT_", "SECRET_"))]:
        del environment[name]
    started = time.perf_counter()
    subprocess.run(
        ["./dev", "demo", "--once"], cwd=clone, env=environment, check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - started
