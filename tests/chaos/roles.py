"""What the processes of a schedule run. They are forked from a server that has Django loaded already."""

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from django.core.management import call_command

from config.databases import KEYS
from consent.ledger import loop
from tests.chaos.cluster import point_at
from tests.chaos.mutants import MUTANTS
from tests.chaos.plans import Doom, Operation
from tests.chaos.points import Points
from tests.chaos.writing import Journal, write_all

RETRY = 0.05
"""Seconds between a sequencer's tries to be elected: a schedule should not wait for the usual one."""


@dataclass(frozen=True, slots=True)
class Role:
    """Where a process works, what becomes of it, and which planted bug it has, if any."""

    name: str
    parameters: dict[str, Any]
    folder: Path
    doom: Doom | None = None
    dawdles: int | None = None
    mutant: str | None = None

    def doomed(self, doom: Doom | None) -> Self:
        """Return the role for a life that ends so."""
        return replace(self, doom=doom)

    def enter(self) -> Points:
        """Make this process the role's: its output, its database, its doom and its bug."""
        log = os.open(self.folder / f"{self.name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, sys.stdout.fileno())
        os.dup2(log, sys.stderr.fileno())
        point_at(self.parameters, application_name=self.name)
        points = Points(self.doom, self.parameters, self.dawdles)
        points.watch()
        if self.mutant:
            MUTANTS[self.mutant]()
        return points


def sequence(role: Role) -> None:
    """Run `manage.py run_sequencer`."""
    role.enter()
    loop.RETRY = RETRY
    call_command("run_sequencer")


def write(role: Role, operations: tuple[Operation, ...]) -> None:
    """Be the writer of `operations`; one that died is replaced by another that reads its journal."""
    points = role.enter()
    write_all(operations, Journal(role.folder / f"{role.name}.journal"), points)


def migrate(role: Role) -> None:
    """Run `manage.py migrate` for both databases."""
    role.enter()
    for alias in ("default", KEYS):
        call_command("migrate", database=alias, verbosity=0)
