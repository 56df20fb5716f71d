"""Installing IAB's packages with npm, outside the tracked files, and asking a script that uses them."""

import fcntl
import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from config.launch.arguments import DEFAULT_HOME

HERE = Path(__file__).parent
MISSING = "Node and npm are needed to ask the reference implementation"
_PACKAGES = ("package.json", "package-lock.json")


def is_there() -> bool:
    """Return whether this machine has Node and npm."""
    return bool(shutil.which("node") and shutil.which("npm"))


def install() -> Path:
    """Return a folder with the packages of the lock, installing them if they are not there yet."""
    lock = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in _PACKAGES)).hexdigest()[:16]
    folder = DEFAULT_HOME / "signals-reference" / lock
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "installing").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # tests run in several processes
        if not (folder / "installed").exists():
            for name in _PACKAGES:
                shutil.copy(HERE / name, folder)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
            (folder / "installed").touch()
    return folder


def ask(script: str, questions: Iterable[Any]) -> list[Any]:
    """Return the script's answers, one for each question: JSON on lines, in one process.

    The script is run from a copy beside the packages, as Node looks for them next to it.
    """
    folder = install()
    text = (HERE / script).read_text(encoding="utf-8")
    copy = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}-{script}"
    if not copy.exists():
        new = copy.with_suffix(f".{id(text)}.new")
        new.write_text(text, encoding="utf-8")
        new.replace(copy)
    asked = "".join(json.dumps(question) + "\n" for question in questions)
    run = subprocess.run(["node", copy], input=asked, cwd=folder, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in run.stdout.splitlines()]
