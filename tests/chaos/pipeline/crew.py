"""Workers and the beat of one schedule, and the blows that fall on them and on what they lean on."""

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.cluster import Cluster
from tests.chaos.pipeline.broker import Broker
from tests.chaos.pipeline.plans import Blow
from tests.chaos.pipeline.programs import Program

WORKERS = 2
CHILDREN = "2"
_BACKENDS = """
    SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = %(name)s
    ORDER BY pid
"""
_NAME = "pipeline-worker"


def start_worker(
    name: str, application: str, environment: Mapping[str, str], folder: Path, *options: str
) -> Program:
    """Return a Celery worker of the application, started."""
    words = ["-m", "celery", "-A", application, "worker", "-n", f"{name}@%h", "--loglevel=INFO", *options]
    program = Program(name, words, {**environment, "PGAPPNAME": _NAME}, folder)
    program.start()
    return program


def start_beat(application: str, environment: Mapping[str, str], folder: Path) -> Program:
    """Return the beat of the application, started."""
    schedule = str(folder / "beat.schedule")
    words = ["-m", "celery", "-A", application, "beat", "--max-interval=1", "-s", schedule]
    program = Program("beat", words, environment, folder)
    program.start()
    return program


def start_command(name: str, environment: Mapping[str, str], folder: Path) -> Program:
    """Return `manage.py` with the command of that name, started."""
    program = Program(name, ["manage.py", name], environment, folder)
    program.start()
    return program


def environment_of(cluster: Cluster, database: str, broker: Broker, **others: str) -> dict[str, str]:
    """Return the environment in which the project's processes use the schedule's servers."""
    own = {"DATABASE_URL": cluster.url(database), "BROKER_URL": broker.url}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KEYS_DATABASE")}
    return {**kept, "DJANGO_SETTINGS_MODULE": "config.settings.test", **own, **others}


@dataclass(slots=True)
class Crew:
    """Those who take suppressions out, and what they need for it."""

    cluster: Cluster
    database: str
    broker: Broker
    workers: list[Program]
    beats: list[Program]
    queue: str = "celery"
    happened: Counter[str] = field(default_factory=Counter)
    others: dict[Blow, Program] = field(default_factory=dict)
    """By the blow that falls on each."""

    @property
    def members(self) -> list[Program]:
        """Everybody."""
        return [*self.workers, *self.beats, *self.others.values()]

    def strike(self, blow: Blow, pick: int) -> bool:
        """Strike, and return whether it hit anybody."""
        worker = self.workers[pick % len(self.workers)]
        strikes: dict[Blow, Callable[[], bool]] = {
            Blow.CHILD_KILLED: lambda: worker.kill_child(pick // len(self.workers)),
            Blow.WORKER_KILLED: worker.kill,
            Blow.BEAT_KILLED: lambda: sum(beat.kill() for beat in self.beats) > 0,
            Blow.BROKER_KILLED: lambda: _hit(self.broker.restart),
            Blow.BROKER_EMPTIED: lambda: _hit(self.broker.empty),
            Blow.BROKER_POISONED: lambda: _hit(lambda: self.broker.poison(self.queue)),
            Blow.BACKEND_KILLED: lambda: self._kill_backend(pick),
            Blow.SERVER_STOPPED: lambda: _hit(self.cluster.quit),
        }
        has_hit = self.others[blow].kill() if blow in self.others else strikes[blow]()
        self.happened[blow.name] += has_hit
        return has_hit

    def replace_ended(self) -> None:
        """Start again who has ended, as a supervisor does."""
        for member in self.members:
            member.replace_if_ended()

    def stop(self) -> None:
        """End everybody."""
        for member in self.members:
            member.stop()

    def log_ends(self) -> str:
        """Return what they printed last."""
        return "\n\n".join(f"== {member.name}\n{member.log_end()}" for member in self.members)

    def _kill_backend(self, pick: int) -> bool:
        backends = self.cluster.ask(_BACKENDS, self.database, name=_NAME)
        if backends:
            (pid,) = backends[pick % len(backends)]
            self.cluster.kill_backend(pid)
        return bool(backends)


def _hit(strike: Callable[[], None]) -> bool:
    strike()
    return True
