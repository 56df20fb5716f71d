"""The project's own virtual environment, kept equal to the lock. Standard library only."""

import fcntl
import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from config.launch.arguments import ROOT

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "accordant.json"
REQUIREMENTS = ROOT / "requirements"
LOCKS = ("local", "dev")
"""Each holds all that the one before it holds."""


def enter(*, lock: str) -> None:
    """Return once this process runs in an environment that holds `lock`; start anew in it if needed."""
    with _alone():
        wanted = at_least(lock, _stamped().get("lock"))
        if _stamped() != _stamp(wanted) or not _works():
            _install(wanted)
    if Path(sys.prefix).resolve() != VENV.resolve():
        os.execv(PYTHON, [str(PYTHON), *sys.argv])  # noqa: S606 - the environment just made


def at_least(lock: str, installed: str | None) -> str:
    """Return the larger lock: a demo after a test takes nothing away."""
    return max(lock, installed or lock, key=LOCKS.index)


def count_packages(text: str) -> int:
    """Return how many packages a lock names."""
    return len(re.findall(r"^[\w.-]+==", text, flags=re.MULTILINE))


@contextmanager
def _alone() -> Iterator[None]:
    """Let one process at a time change the environment."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _works() -> bool:
    """Return whether the environment's Python is there: the one it was made from may have gone."""
    return os.access(PYTHON, os.X_OK)


def _stamped() -> dict[str, str]:
    """Return what the environment was last made equal to."""
    try:
        stamp: dict[str, str] = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp


def _stamp(lock: str) -> dict[str, str]:
    digest = hashlib.sha256()
    for name in (lock, "uv"):
        digest.update((REQUIREMENTS / f"{name}.txt").read_bytes())
    return {"lock": lock, "digest": digest.hexdigest()}


def _install(lock: str) -> None:
    if not _works():
        _create()
    STAMP.unlink(missing_ok=True)
    file = REQUIREMENTS / f"{lock}.txt"
    _say(f"Installing {count_packages(file.read_text())} packages …")
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    _run([*pip, "--requirement", str(REQUIREMENTS / "uv.txt")], "installing uv")
    uv = [str(VENV / "bin" / "uv"), "pip", "sync", "--python", str(PYTHON), "--require-hashes", "--quiet"]
    _run([*uv, str(file)], "installing the packages", environment=_uv_environment())
    STAMP.write_text(json.dumps(_stamp(lock)))


def _create() -> None:
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        _fail("This Python cannot make virtual environments. On Debian: apt-get install python3-venv")
    _say("Creating .venv …")
    _run([sys.executable, "-m", "venv", "--clear", str(VENV)], "creating .venv")


def _uv_environment() -> dict[str, str]:
    """Return the environment for uv, which does not read pip's settings, with pip's package index in it."""
    environment = {**os.environ, "UV_NO_PROGRESS": "1"}
    index = os.environ.get("PIP_INDEX_URL") or _pip_setting("global.index-url")
    if index and not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & environment.keys():
        environment["UV_DEFAULT_INDEX"] = index
    return environment


def _pip_setting(name: str) -> str:
    command = [str(PYTHON), "-m", "pip", "config", "get", name]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603


def _run(command: list[str], doing: str, environment: dict[str, str] | None = None) -> None:
    if code := subprocess.run(command, env=environment, check=False).returncode:  # noqa: S603 - fixed words
        _fail(f"./dev: {doing} failed with exit code {code}; see above.")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _fail(text: str) -> NoReturn:
    sys.exit(text)
