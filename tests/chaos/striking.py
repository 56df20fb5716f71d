"""Blows from outside: what is done to processes, backends and the server."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.cluster import Cluster
from tests.chaos.crew import Crew, Member
from tests.chaos.plans import Blow

_BACKENDS = """
    SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = %(name)s
"""
_CUT_OFF = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = %(name)s
"""


@dataclass(frozen=True, slots=True)
class Striker:
    """Strikes those who work on one database of the cluster."""

    cluster: Cluster
    database: str
    crew: Crew

    def strike(self, blow: Blow, pick: int) -> bool:
        """Strike, and return whether it hit anybody; `pick` chooses a writer and a sequencer."""
        writer = self.crew.writers[pick % len(self.crew.writers)]
        sequencer = self.crew.sequencers[pick % len(self.crew.sequencers)]
        strikes: dict[Blow, Callable[[], bool]] = {
            Blow.SEQUENCER_KILLED: sequencer.kill,
            Blow.WRITER_KILLED: writer.kill,
            Blow.SEQUENCER_CUT_OFF: lambda: self._cut_off(sequencer),
            Blow.WRITER_CUT_OFF: lambda: self._cut_off(writer),
            Blow.BACKEND_KILLED: lambda: self._kill_backend(writer) or self._kill_backend(sequencer),
            Blow.SERVER_QUIT: lambda: _hit_all(self.cluster.quit),
            Blow.SERVER_KILLED: lambda: _hit_all(self.cluster.kill),
        }
        return strikes[blow]()

    def _cut_off(self, member: Member) -> bool:
        return self.cluster.ask(_CUT_OFF, self.database, name=member.role.name) == [(True,)]

    def _kill_backend(self, member: Member) -> bool:
        backends = self.cluster.ask(_BACKENDS, self.database, name=member.role.name)
        for (pid,) in backends[:1]:
            self.cluster.kill_backend(pid)
        return bool(backends)


def _hit_all(bring_down: Callable[[], None]) -> bool:
    bring_down()
    return True
