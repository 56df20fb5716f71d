"""The processes of one schedule: started, struck, replaced when they die."""

import multiprocessing
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import Any

from tests.chaos.plans import Doom
from tests.chaos.roles import Role

GRACE = 20.0
"""Seconds that a process gets to end when it is told to."""
KILLED = -signal.SIGKILL


class GaveUp(AssertionError):
    """A process ended that should have gone on."""


def fork_server() -> ForkServerContext:
    """Return what starts processes that have Django loaded already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.chaos.preload"])
    return context


@dataclass(slots=True)
class Member:
    """One who works under a name; when killed, another takes the name, with the next doom."""

    role: Role
    work: Callable[..., None]
    arguments: tuple[Any, ...] = ()
    dooms: Iterator[Doom] = field(default_factory=lambda: iter(()))
    process: ForkServerProcess | None = None
    deaths: int = 0

    def start(self) -> None:
        """Begin a life."""
        role = self.role.doomed(next(self.dooms, None))
        self.process = fork_server().Process(target=self.work, args=(role, *self.arguments), daemon=True)
        self.process.start()

    @property
    def life(self) -> ForkServerProcess:
        """The present process."""
        assert self.process is not None, "it has not started"
        return self.process

    def replace_if_killed(self) -> None:
        """Begin the next life if the last one was cut short.

        :raises GaveUp: if it ended with an error.
        """
        ended = self.life.exitcode  # asked once: it may end between two looks
        if ended == KILLED:
            self.deaths += 1
            self.start()
        elif ended:
            raise GaveUp(f"{self.role.name} ended with exit code {ended}:\n{self.log_end()}")

    def kill(self) -> bool:
        """Kill it (SIGKILL) wherever it is, and return True; False if it has ended already."""
        if self.life.exitcode is not None:
            return False
        self.life.kill()
        self.life.join(GRACE)
        return True

    def log_end(self) -> str:
        """Return the last lines that it printed."""
        path = self.role.folder / f"{self.role.name}.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-40:]) if path.exists() else ""


@dataclass(slots=True)
class Crew:
    """The writers and the sequencers."""

    writers: list[Member]
    sequencers: list[Member]

    def start(self) -> None:
        """Begin everybody's first life."""
        for member in self.members:
            member.start()

    @property
    def members(self) -> list[Member]:
        """Everybody."""
        return [*self.sequencers, *self.writers]

    def are_done(self) -> bool:
        """Return whether all writers have come to their end."""
        return all(writer.life.exitcode == 0 for writer in self.writers)

    def replace_killed(self, within: float) -> None:
        """Wait at most so many seconds for somebody to end, and replace who was killed.

        :raises GaveUp: if a sequencer has ended by itself, or anybody with an error.
        """
        wait([member.life.sentinel for member in self.members if member.life.exitcode is None], within)
        for member in self.members:
            member.replace_if_killed()
        if any(sequencer.life.exitcode == 0 for sequencer in self.sequencers):
            raise GaveUp("a sequencer has ended, and nobody told it to")

    def stop(self) -> None:
        """Tell the sequencers to end, and kill whoever does not."""
        for sequencer in self.sequencers:
            sequencer.life.terminate()
        for member in self.members:
            if member.process is not None:
                member.process.join(GRACE if member in self.sequencers else 0)
                member.process.kill()

    def count_deaths(self) -> Counter[str]:
        """Return how often a sequencer and a writer died."""
        deaths: Counter[str] = Counter()
        for member in self.members:
            deaths[member.role.name.partition("-")[0]] += member.deaths
        return deaths
