"""Peers' packages, installed on demand into the home by the plain clients, at fixed versions."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.bench.check.targets import TargetMissing

_PATIENCE = 300  # seconds


def install_npm(name: str, version: str, folder: Path) -> Path:
    """Return the folder of an npm package, installed below `folder` if it is not there.

    :raises TargetMissing: if it cannot be had.
    """
    package = folder / "node_modules" / name
    if not package.is_dir():
        if not (npm := shutil.which("npm")):
            raise TargetMissing("npm is not installed")
        folder.mkdir(parents=True, exist_ok=True)
        options = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]
        _run([npm, "install", *options, "--prefix", str(folder), f"{name}@{version}"])
    return package


def install_python(requirements: Sequence[str], folder: Path) -> Path:
    """Return a Python with `requirements`, in an environment of its own at `folder`.

    :raises TargetMissing: if they cannot be had.
    """
    python, done = folder / "bin" / "python", folder / "installed.txt"
    wanted = "\n".join(requirements)
    if not done.exists() or done.read_text() != wanted:
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
        _run([str(python), *pip, *requirements])
        done.write_text(wanted)
    return python


def _run(command: list[str]) -> None:
    try:
        ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=_PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise TargetMissing(f"it could not be installed within {_PATIENCE} s") from error
    if ended.returncode:
        raise TargetMissing("it could not be installed")
