"""What the processes of a check plane run, forked from a server that has Django loaded already."""

import os
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command

from activation.checks.management.commands import check_server, run_tailer  # noqa: F401 - loaded once
from tests.chaos.cluster import point_at


@dataclass(frozen=True, slots=True)
class CheckRole:
    """Under which name a process works, on which database, and how old its store may be."""

    name: str
    parameters: dict[str, Any]
    folder: Path
    bound: float
    """Seconds."""

    @property
    def log(self) -> Path:
        """The file that holds what it prints."""
        return self.folder / f"{self.name}.log"

    def enter(self) -> None:
        """Make this process the role's: its output, its database and its store."""
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, sys.stdout.fileno())
        os.dup2(log, sys.stderr.fileno())
        point_at(self.parameters, application_name=self.name)
        settings.SNAPSHOTS = self.folder / "snapshots"
        settings.FRESHNESS_BOUND = timedelta(seconds=self.bound)


def run_command(role: CheckRole, words: tuple[str, ...]) -> None:
    """Run `manage.py` with `words`."""
    role.enter()
    call_command(*words)
