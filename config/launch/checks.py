"""`./dev check`: everything that can be said about the source without running it."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.launch import reference
from config.launch.arguments import ROOT, Arguments
from config.launch.children import MANAGE
from config.launch.console import say

OPENAPI = ROOT / "docs" / "reference" / "openapi.yaml"
LINT_IMPORTS = "from importlinter.cli import lint_imports_command as run; run()"
DRIFT = "{} differs from the code. Run ./dev check --fix and commit the file."


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one check went."""

    name: str
    passed: bool
    output: str = ""


def run(arguments: Arguments) -> int:
    """Run every check, report all that fail, and return 1 if one did."""
    failed = []
    if arguments.fix:
        _fix()
    for outcome in _outcomes():
        say(f"{'ok    ' if outcome.passed else 'FAILED'}  {outcome.name}")
        if not outcome.passed:
            say(outcome.output)
            failed.append(outcome.name)
    say(f"\nFailed: {', '.join(failed)}." if failed else "\nAll checks passed.")
    return 1 if failed else 0


def _outcomes() -> Iterator[Outcome]:
    python = [sys.executable, "-m"]
    yield _ran("format", [*python, "ruff", "format", "--check"])
    yield _ran("lint", [*python, "ruff", "check"])
    yield _ran("types", [*python, "mypy"])
    yield _ran("imports", [sys.executable, "-c", LINT_IMPORTS])
    # It compares files; the database is asked only whether its history fits, and need not be there.
    yield _ran(
        "migrations", [sys.executable, "-W", "ignore", MANAGE[1], "makemigrations", "--check", "--dry-run"]
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "openapi.yaml"
        outcome = _ran("openapi", openapi_command(file))
        if outcome.passed and not (OPENAPI.exists() and file.read_bytes() == OPENAPI.read_bytes()):
            outcome = Outcome(name="openapi", passed=False, output=DRIFT.format(OPENAPI.relative_to(ROOT)))
        yield outcome
    stale = [
        page for page, text in reference.pages().items() if not page.exists() or page.read_text() != text
    ]
    told = "\n".join(DRIFT.format(page.relative_to(ROOT)) for page in stale)
    yield Outcome(name="reference", passed=not stale, output=told)


def openapi_command(file: Path) -> list[str]:
    """Return the command that writes the OpenAPI document to `file` and fails on any doubt about it."""
    return [*MANAGE, "spectacular", "--validate", "--fail-on-warn", "--file", str(file)]


def _fix() -> None:
    OPENAPI.parent.mkdir(parents=True, exist_ok=True)
    python = [sys.executable, "-m", "ruff"]
    for command in (
        [*python, "check", "--fix", "--quiet"],
        [*python, "format", "--quiet"],
        openapi_command(OPENAPI),
    ):
        _ran("fix", command)  # what it could not mend, the checks report
    for page, text in reference.pages().items():
        page.write_text(text)


def _ran(name: str, command: list[str]) -> Outcome:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    done = subprocess.run(  # noqa: S603 - commands of ours
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    return Outcome(name=name, passed=done.returncode == 0, output=done.stdout + done.stderr)
