"""Our own servers, asked the same questions: AuthZEN's single one, and the native batch."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from config.launch.arguments import ROOT
from config.launch.children import MANAGE
from config.launch.demo import web_command
from tests.bench.check import kept
from tests.bench.check.http import post, read_json
from tests.bench.check.people import BATCH, CONTROLLER, DESTINATION, Asked, list_asked, list_batches
from tests.bench.check.processors import load_core, pinned
from tests.bench.check.targets import Load, Running, TargetMissing, cache_folder, free_port, serving


class _Ours:
    """What our servers have in common: the questions."""

    def __init__(self, people: int, key: str) -> None:
        self._people, self._key = people, key

    def loads(self) -> Sequence[Load]:
        """Return single checks by `user_id` and by e-mail, and batches of 100."""
        asked = list_asked(self._people)
        return [
            self._single("single, by user_id", "user_id", asked),
            self._single("single, by e-mail", "email", asked),
            self._batch(list_batches(self._people)),
        ]

    def _single(self, name: str, kind: str, asked: list[Asked]) -> Load:
        return Load(
            name=name,
            requests=[post("/access/v1/evaluation", _evaluation(kind, one), key=self._key) for one in asked],
            checks=1,
            read=lambda answer: [read_json(answer)["decision"]],
            expected=[[one.expected] for one in asked],
        )

    def _batch(self, batches: list[list[Asked]]) -> Load:
        return Load(
            name=f"batch of {BATCH}, by user_id",
            requests=[post("/api/v1/checks", _checks(batch), key=self._key) for batch in batches],
            checks=BATCH,
            read=lambda answer: [one["effect"] == "allow" for one in read_json(answer)["results"]],
            expected=[[one.expected for one in batch] for batch in batches],
        )


class CheckServer(_Ours):
    """The check server, which answers from the decision store that a tailer keeps."""

    name = "Check server"
    configured = "one worker; key checked, decision log on; a tailer beside it"

    @contextmanager
    def start(self) -> Iterator[Running]:
        """Build the store of the seeded world, and start both."""
        port, folder = free_port(), cache_folder()
        variables = kept.environment() | {"ACCORDANT_SNAPSHOTS": str(folder / "store")}
        log = folder / "check_server.log"
        command = [*MANAGE, "check_server", f"--port={port}", f"--decision-log={folder / 'decisions.ndjson'}"]
        with (
            tailing(variables, log=folder / "tailer.log"),
            serving(command, port=port, folder=ROOT, log=log, variables=variables) as pid,
        ):
            yield Running(port=port, pids=[pid])


@contextmanager
def tailing(variables: Mapping[str, str], *, log: Path) -> Iterator[int]:
    """Build a store and keep it, on the core that is not the servers'; give the tailer's process id.

    :raises TargetMissing: if the store cannot be built.
    """
    with log.open("wb") as output:
        built = subprocess.run(
            [*MANAGE, "rebuild_snapshot"],
            cwd=ROOT,
            env=dict(variables),
            stdout=output,
            stderr=output,
            check=False,
        )
        if built.returncode:
            raise TargetMissing(f"the store was not built: {log.read_text(errors='replace')[-400:]}")
        with pinned(load_core()):
            tailer = subprocess.Popen(
                [*MANAGE, "run_tailer"], cwd=ROOT, env=dict(variables), stdout=output, stderr=output
            )
    try:
        yield tailer.pid
    finally:
        tailer.terminate()
        tailer.wait()


class DjangoViews(_Ours):
    """The reference views in the web process, which ask PostgreSQL each time."""

    name = "Django views"
    configured = "granian, one worker, WSGI, as ./dev demo runs it; PostgreSQL embedded; key checked"

    @contextmanager
    def start(self) -> Iterator[Running]:
        """Start the web process on the seeded world."""
        port = free_port()
        log = cache_folder() / "web.log"
        with serving(web_command(port), port=port, folder=ROOT, log=log, variables=kept.environment()) as pid:
            yield Running(port=port, pids=[pid], beside=[_postgres_pid()])


def _postgres_pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        [folder] = cursor.fetchone()
    return int((Path(folder) / "postmaster.pid").read_text().splitlines()[0])


def _evaluation(kind: str, asked: Asked) -> dict[str, object]:
    value = asked.person.user_id if kind == "user_id" else asked.person.email
    return {
        "subject": {"type": kind, "id": value},
        "action": {"name": asked.purpose},
        "resource": {"type": "destination", "id": DESTINATION},
    }


def _checks(batch: list[Asked]) -> dict[str, object]:
    return {
        "purpose": batch[0].purpose,
        "destination": DESTINATION,
        "controller": CONTROLLER,
        "subjects": [{"type": "user_id", "id": one.person.user_id} for one in batch],
    }
