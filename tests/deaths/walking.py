"""Walking through all points of a run: what must hold after each death, and after the run that comes next."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection

from activation.enforcement.locks import lock_key
from activation.enforcement.models import EnforcementRun
from activation.enforcement.services import signing_key
from activation.enforcement.types import RunStatus
from consent.verifier.manifests.verification import check_output, load_evidence, verify_signed
from tests.deaths.client import DeathServer
from tests.deaths.jobs import ENFORCE, Ending, Job
from tests.deaths.points import Fate
from tests.enforcement_world import list_events, list_names, run, write_csv

FINISHED = ["audience.csv", "out.csv", "out.csv.evidence", "out.csv.manifest.json"]
ENDS = {"COMPLETE", "FAIL", "ABORT"}


@dataclass(slots=True)
class Walk:
    """One walk; `faults` gathers what did not hold, and where."""

    server: DeathServer
    database: str
    home: Path
    entry: str = ENFORCE
    replaces: bool = False
    """Whether a finished output is there already, to be replaced."""
    faults: list[str] = field(default_factory=list)
    met: int = 0
    """How many came to their doom."""

    def list_points(self) -> list[str]:
        """Return the points that a run comes to which nothing happens to."""
        ending = self.server.carry_out(self._job(self._prepare("counted")))
        assert (ending.signal, ending.error) == (0, ""), ending.told
        return ending.points

    def list_sizes(self) -> list[int]:
        """Return the sizes of the files that such a run leaves."""
        folder = self.home / "counted"
        return sorted({(folder / name).stat().st_size for name in FINISHED[1:]})

    def meet(self, nth: int, name: str, fate: Fate) -> None:
        """Let a run meet `fate` at its `nth` point, and look at what it leaves and what comes next."""
        folder = self._prepare(f"{fate}-{nth}")
        ending = self.server.carry_out(self._job(folder, nth=nth, fate=fate))
        self._look(folder, ending, f"{fate} at {nth}, {name}")

    def meet_in_a_write(self, size: int, fate: Fate) -> None:
        """Let a run meet `fate` in the middle of the first write beyond `size` bytes of a file."""
        folder = self._prepare(f"{fate}-in-{size}")
        ending = self.server.carry_out(self._job(folder, fate=fate, longest_file=size))
        self._look(folder, ending, f"{fate} beyond {size} bytes")

    def _job(self, folder: Path, **doom: object) -> Job:
        options = {"overwrite": True} if self.replaces else {}
        return Job(
            database=self.database,
            folder=str(folder),
            entry=self.entry,
            options=options,
            **doom,  # type: ignore[arg-type]  # each is of its own type
        )

    def _prepare(self, name: str) -> Path:
        folder = self.home / name
        folder.mkdir()
        write_csv(folder)
        if self.replaces:
            run(folder)
        return folder

    def _look(self, folder: Path, ending: Ending, where: str) -> None:
        self.met += bool(ending.signal or ending.error)
        _await_lock(folder / "out.csv")
        found = [
            *_look_at_output(folder, "after it"),
            *([] if ending.signal else _look_at_error(folder, ending)),
        ]
        try:
            run(folder, overwrite=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a fault
            found.append(f"the next run failed: {type(error).__name__}")
        found += [*_look_at_output(folder, "after the next run", needed=True), *_look_at_runs(folder)]
        self.faults += [f"{where}: {one}" for one in found]
        shutil.rmtree(folder)


def _await_lock(output: Path) -> None:
    """Return when the server has noticed that whoever held the lock on `output` is gone."""
    key = lock_key(str(output))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s), pg_advisory_unlock(%s)", [key, key])


def _look_at_output(folder: Path, when: str, *, needed: bool = False) -> list[str]:
    output = folder / "out.csv"
    if not output.exists():
        return [f"no output {when}"] if needed else []
    if needed and list_names(folder) != FINISHED:
        return [f"files {when}: {', '.join(list_names(folder))}"]
    try:
        manifest = verify_signed(
            output.with_name("out.csv.manifest.json").read_bytes(), signing_key().verify_key
        )
        _, checks = load_evidence(manifest, output.with_name("out.csv.evidence"))
    except Exception as error:  # noqa: BLE001 - whatever it is, the output is not whole
        return [f"an output that is not whole {when}: {type(error).__name__}"]
    return [f"{one} {when}" for one in [check_output(manifest, output), *checks] if not one.passed]


def _look_at_error(folder: Path, ending: Ending) -> list[str]:
    """A run that was refused something tells so, and leaves nothing but an output that is whole."""
    if not ending.error:
        return []
    left = [name for name in list_names(folder) if name.endswith(".partial")]
    is_out = (folder / "out.csv").exists()
    return [f"left behind: {', '.join(left)}"] if left and not is_out else []


def _look_at_runs(folder: Path) -> list[str]:
    found = []
    for one in EnforcementRun.objects.filter(output=str(folder / "out.csv")).order_by("started_at", "pk"):
        events = [event["eventType"] for event in list_events(one.pk)]
        if one.status == RunStatus.RUNNING:
            found.append("a run that never ended")
        if events[:1] != ["START"] or len(events) != 2 or events[1] not in ENDS:
            found.append(f"lineage {events}")
        if (one.status == RunStatus.COMPLETED) != (events[-1:] == ["COMPLETE"]):
            found.append(f"a run {one.status}, lineage {events}")
    return found
