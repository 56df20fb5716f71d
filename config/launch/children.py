"""Running parts of the project as processes of the launcher."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from config.databases import KEYS
from config.embedded import processes
from config.embedded.interrupts import Stopped
from config.launch.arguments import ROOT
from config.launch.errors import LaunchError

MANAGE = [sys.executable, str(ROOT / "manage.py")]
APP_ROLE = "accordant_app"
OWNERS_COMMANDS = {"migrate", "grant_app_role", "set_retention_rule", "flush", "dbshell"}


class StepFailed(LaunchError):
    """A step that the command needs ended with an error."""


def environment(services: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the project's own processes: ours, the services, and local settings.

    On an embedded server they run as a role that cannot change evidence; `as_owner` is for what makes tables.
    """
    role = {"ACCORDANT_DATABASE_ROLE": APP_ROLE} if "DATABASE_URL" in services else {}
    events = Path(services["ACCORDANT_HOME"]) / "lineage.ndjson"
    return {
        "ACCORDANT_LINEAGE_FILE": str(events),
        **os.environ,
        **role,
        **services,
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "PYTHONUNBUFFERED": "1",
    }


def as_owner(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process that makes tables."""
    return {name: value for name, value in variables.items() if name != "ACCORDANT_DATABASE_ROLE"}


def step(
    name: str, command: list[str], variables: Mapping[str, str], *, home: Path, shown: bool = False
) -> None:
    """Run `command` to its end. Its output is shown, or kept in a log.

    :raises StepFailed: if it fails.
    """
    process = processes.start(
        home=home, name=name, command=command, environment=variables, folder=ROOT, shown=shown
    )
    try:
        code = processes.wait(process)
    finally:
        processes.stop(home, process)
    if code:
        told = "see above" if shown else f"it said:\n{processes.log_end(home, name)}"
        raise StepFailed(f"{name} failed with exit code {code}; {told}")


def migrate(variables: Mapping[str, str], *, home: Path) -> None:
    """Bring the tables of both databases up to date, and with them what the application's role may do.

    :raises StepFailed: if it fails.
    """
    owner = as_owner(variables)
    for alias in ("default", KEYS):
        step("migrate", [*MANAGE, "migrate", "--no-input", "--database", alias], owner, home=home)
    if role := variables.get("ACCORDANT_DATABASE_ROLE"):
        step("grant_app_role", [*MANAGE, "grant_app_role", role], owner, home=home)
    step("sync_roles", [*MANAGE, "sync_roles"], variables, home=home)


def foreground(command: list[str], variables: Mapping[str, str], *, folder: Path | None = None) -> int:
    """Run `command` with our terminal and return its exit code.

    A terminal sends Ctrl-C to it directly; any other signal that should end us ends it first.
    """
    child = subprocess.Popen(command, env=dict(variables), cwd=folder)  # noqa: S603 - commands of ours
    while True:
        try:
            code = child.wait()
        except Stopped as stopped:
            signum = signal.Signals(stopped.signum)
            if signum is not signal.SIGINT or not _terminal_tells_all():
                child.send_signal(signum)
        else:
            return code if code >= 0 else 128 - code


def _terminal_tells_all() -> bool:
    """Return whether Ctrl-C reaches our children without us: if we are a terminal's foreground."""
    return sys.stdin is not None and sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
