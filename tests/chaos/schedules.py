"""Running a plan: writers write, the plan strikes, and what is left is audited."""

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.chaos import roles
from tests.chaos.audit import find_faults
from tests.chaos.cluster import Cluster, django_connected
from tests.chaos.crew import Crew, Member
from tests.chaos.plans import Plan
from tests.chaos.roles import Role
from tests.chaos.striking import Striker
from tests.chaos.watcher import Watcher
from tests.chaos.writing import Journal

TEMPLATE = "chaos_template"
POLL = 0.02
WRITING_TAKES = 90.0
"""Seconds within which all writers are done, on a slow machine."""
_IS_DRAINED = """
    SELECT NOT EXISTS (SELECT FROM consent_ledger_pendingevent)
    AND (SELECT COALESCE(max(index) + 1, 0) FROM consent_ledger_leaf)
        = (SELECT COALESCE(max(size), 0) FROM consent_ledger_checkpoint)
"""


@dataclass(slots=True)
class Schedule:
    """One plan on one database. `mutant` names a bug that its processes have."""

    cluster: Cluster
    plan: Plan
    folder: Path
    mutant: str | None = None
    draining_takes: float = 60.0
    happened: Counter[str] = field(default_factory=Counter)

    def find_faults(self) -> list[str]:
        """Run the plan, and return what is wrong afterwards: nothing, if the ledger keeps its promises."""
        self.cluster.copy(template=TEMPLATE, name=self.database)
        try:
            return self._run()
        finally:
            self.cluster.drop(self.database)

    @property
    def database(self) -> str:
        """The schedule's own."""
        return f"chaos_{self.plan.seed}"

    def _run(self) -> list[str]:
        crew = self._hire()
        with Watcher(self.parameters) as watcher:
            try:
                crew.start()
                self._strike_while_they_write(crew)
                is_drained = self._drain(crew)
            finally:
                crew.stop()
                self.happened += crew.count_deaths()
        faults = [] if is_drained else ["what is committed never came under a checkpoint"]
        journals = [self._journal(writer) for writer in crew.writers]
        with django_connected(self.parameters):
            planned = zip(journals, self.plan.operations, strict=True)
            return [*faults, *find_faults(planned, watcher.notes)]

    @property
    def parameters(self) -> dict[str, Any]:
        """How to connect to the schedule's database."""
        return self.cluster.parameters(self.database)

    def _hire(self) -> Crew:
        dooms = iter(self.plan.sequencer_dooms)
        return Crew(
            writers=[self._hire_writer(number) for number in range(len(self.plan.operations))],
            sequencers=[
                Member(self._role(f"sequencer-{number}"), roles.sequence, dooms=dooms)
                for number in range(self.plan.sequencers)
            ],
        )

    def _hire_writer(self, number: int) -> Member:
        role = replace(self._role(f"writer-{number}"), dawdles=self.plan.dawdles[number])
        dooms = iter(self.plan.writer_dooms[number])
        return Member(role, roles.write, (self.plan.operations[number],), dooms)

    def _role(self, name: str) -> Role:
        return Role(name, self.parameters, self.folder, mutant=self.mutant)

    def _journal(self, writer: Member) -> Journal:
        return Journal(self.folder / f"{writer.role.name}.journal")

    def _strike_while_they_write(self, crew: Crew) -> None:
        striker = Striker(self.cluster, self.database, crew)
        deadline = time.monotonic() + WRITING_TAKES
        for due, blow, pick in self.plan.blows:
            while not crew.are_done() and self._count_written(crew) < due:
                self._wait(crew, deadline)
            self.happened[blow.name] += striker.strike(blow, pick)
        while not crew.are_done():
            self._wait(crew, deadline)

    def _wait(self, crew: Crew, deadline: float) -> None:
        crew.replace_killed(within=POLL)
        assert time.monotonic() < deadline, "the writers do not come to an end"

    def _count_written(self, crew: Crew) -> int:
        return sum(self._journal(writer).count() for writer in crew.writers)

    def _drain(self, crew: Crew) -> bool:
        deadline = time.monotonic() + self.draining_takes
        while self.cluster.ask(_IS_DRAINED, self.database) != [(True,)]:
            if time.monotonic() > deadline:
                return False
            crew.replace_killed(within=POLL)
        return True
