"""`./dev lock`: writes the requirements files from pyproject.toml, with the hash of every file."""

import subprocess
from collections.abc import Mapping, Sequence

from config.launch.arguments import ROOT, Arguments
from config.launch.console import say
from config.launch.errors import LaunchError
from config.launch.venv import REQUIREMENTS, VENV

FLAGS = (
    *("--universal", "--python-version=3.11", "--generate-hashes"),
    *("--no-emit-index-url", "--no-header", "--no-annotate", "--quiet"),
)
PROJECT = str(ROOT / "pyproject.toml")
SOURCES: Mapping[str, Sequence[str]] = {
    "base": (PROJECT,),
    "local": (PROJECT, "--extra=local"),
    "dev": (PROJECT, "--extra=dev"),
}


class LockFailed(LaunchError):
    """The requirements could not be resolved."""


def run(arguments: Arguments) -> int:
    """Write every lock anew, versions kept unless an upgrade is asked for, and return 0."""
    for name, source in SOURCES.items():
        say(f"Locking {name} …")
        _compile(
            [
                *source,
                f"--output-file={REQUIREMENTS / name}.txt",
                *(["--upgrade"] if arguments.upgrade else []),
            ]
        )
    return 0


def _compile(words: list[str]) -> None:
    command = [str(VENV / "bin" / "uv"), "pip", "compile", *FLAGS, *words]
    if subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL).returncode:  # noqa: S603
        raise LockFailed("uv could not lock the requirements; see above.")
