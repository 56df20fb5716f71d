"""Walking through all points of a run: what must hold after each death, and after the run that comes next."""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection

from activation.enforcement.locks import lock_key
from activation.enforcement.membership.models import Holding, Segment
from activation.enforcement.membership.queries import read_members
from activation.enforcement.membership.types import SegmentState
from activation.enforcement.models import EnforcementRun
from activation.enforcement.reviving import close_dead_runs
from activation.enforcement.services import signing_key
from activation.enforcement.types import DeliveryState, RunStatus
from consent.subjects.types import IdentifierKind
from consent.verifier.manifests.verification import check_output, load_evidence, verify_signed
from tests.deaths.client import DeathServer
from tests.deaths.home import at_home
from tests.deaths.jobs import ENFORCE, Ending, Job
from tests.deaths.points import Fate
from tests.enforcement_world import BRITON, GERMAN, list_events, list_names, read_csv, run, write_csv

FINISHED = ["audience.csv", "out.csv", "out.csv.evidence", "out.csv.manifest.json"]
ALLOWED = [GERMAN, BRITON]
Rows = list[dict[str, Any]]
ENDS = {"COMPLETE", "FAIL", "ABORT"}


@dataclass(slots=True)
class Walk:
    """One walk; `faults` gathers what did not hold, and where."""

    server: DeathServer
    database: str
    home: Path
    entry: str = ENFORCE
    come_next: Callable[..., object] = run
    """The run that comes after each death."""
    held: Callable[[Path], Rows] | None = None
    """Returns what the recipient has of a folder's audience; None where nothing is handed over."""
    connected: Callable[[Path], AbstractContextManager[object]] = lambda _: nullcontext()
    """Connects a folder's destination, where that takes more than its being on record."""
    empty: Callable[[], None] = lambda: None
    """Empties the recipient, which walks share."""
    replaces: bool = False
    """Whether a finished output is there already, to be replaced."""
    faults: list[str] = field(default_factory=list)
    met: int = 0
    """How many came to their doom."""

    def list_points(self) -> list[str]:
        """Return the points that a run comes to which nothing happens to, and which is not the first one."""
        self.server.carry_out(self._job(self._prepare("first")))  # it makes the canaries
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
        """Let a run meet `fate` in the middle of the first write beyond `size` bytes of a file.

        What it writes before its output, in its scratch folder, counts at the smallest size only.
        """
        folder = self._prepare(f"{fate}-in-{size}")
        ending = self.server.carry_out(
            self._job(folder, fate=fate, longest_file=size, bounded_from="out.csv" if size > 1 else "")
        )
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
        Segment.objects.all().delete()  # every folder's runs have the same holding
        write_csv(folder)
        self.empty()
        if self.replaces:
            with at_home(folder):
                self.come_next(folder)
        return folder

    def _look(self, folder: Path, ending: Ending, where: str) -> None:
        self.met += bool(ending.signal or ending.error)
        _await_lock(folder / "out.csv")
        found = [
            *_look_at_output(folder, "after it"),
            *self._look_at_membership(folder, "after it"),
            *([] if ending.signal else _look_at_error(folder, ending)),
        ]
        with at_home(folder) as home:
            if self.held:
                found += [*self._look_at_recipient(folder, "after it"), *self._close(folder, home)]
                found += self._look_at_membership(folder, "after it was closed")
            try:
                self.come_next(folder, overwrite=True)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a fault
                found.append(f"the next run failed: {type(error).__name__}")
        found += [*_look_at_output(folder, "after the next run", needed=True), *_look_at_runs(folder)]
        found += [*self._look_at_membership(folder, "after the next run"), *_look_at_segments()]
        found += [*_look_at_home(home), *self._look_at_recipient(folder, "after the next run", needed=True)]
        self.faults += [f"{where}: {one}" for one in found]
        shutil.rmtree(folder)
        shutil.rmtree(home)

    def _close(self, folder: Path, home: Path) -> list[str]:
        """Have dead runs closed, without a next one: what they did then is whole, or can be proved."""
        last = EnforcementRun.objects.filter(output=str(folder / "out.csv")).order_by("started_at").last()
        with self.connected(folder):
            close_dead_runs()
        if last is None:
            return []
        last.refresh_from_db()
        is_out, found = (folder / "out.csv").exists(), []
        if last.status != RunStatus.COMPLETED and is_out and not self.replaces:
            found.append(f"an output of a run that {last.status}")
        if last.status == RunStatus.COMPLETED and not (is_out and self._look_at_recipient(folder, "") == []):
            found.append("a completed run without its output, or its rows")
        if last.status != RunStatus.COMPLETED and last.delivery != DeliveryState.NONE:
            found += [f"proof: {one}" for one in _look_at_proof(home / "members", last)]
        if last.status == RunStatus.ABANDONED and self.held and self.held(folder) and not self.replaces:
            found.append("a run that sent rows says that it did not")
        return found

    def _look_at_recipient(self, folder: Path, when: str, *, needed: bool = False) -> list[str]:
        if self.held is None:
            return []
        rows = sorted(row["customer_id"] for row in self.held(folder))
        if rows == ALLOWED or (not rows and not needed):
            return []
        return [f"at the recipient {when}: {rows}"]

    def _look_at_membership(self, folder: Path, when: str) -> list[str]:
        """Whoever may be at the destination is in the membership, at every moment."""
        out = folder / "out.csv"
        there = {
            row["customer_id"] for row in [*(read_csv(out) if out.exists() else []), *self._hold(folder)]
        }
        kept = {
            value
            for holding in Holding.objects.order_by("pk")
            for member in read_members(holding.pk)
            for value in member.identifiers.get(IdentifierKind.CUSTOMER_ID, ())
        }
        return [f"{len(there - kept)} held there and not in the membership {when}"] if there - kept else []

    def _hold(self, folder: Path) -> Rows:
        return self.held(folder) if self.held else []


def _look_at_segments() -> list[str]:
    """No delivery goes on when no run does: suppressions would wait for its end for ever."""
    sending = Segment.objects.filter(state=SegmentState.SENDING).count()
    return [f"{sending} segments that are being sent by nobody"] if sending else []


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


def _look_at_home(home: Path) -> list[str]:
    """Nothing that was for the time of a run alone is left, and nothing half."""
    left = [path.name for path in (home / "scratch").iterdir()] if (home / "scratch").exists() else []
    left += [path.name for path in home.rglob("*.partial")]
    return [f"left at home: {', '.join(left)}"] if left else []


def _look_at_proof(members: Path, last: EnforcementRun) -> list[str]:
    """A run that failed after it may have sent rows has its manifest and evidence with the service."""
    try:
        manifest = verify_signed(
            (members / f"{last.pk}.manifest.json").read_bytes(), signing_key().verify_key
        )
        _, checks = load_evidence(manifest, members / f"{last.pk}.evidence")
    except Exception as error:  # noqa: BLE001 - whatever it is, nothing is proved
        return [type(error).__name__]
    return [str(one) for one in checks if not one.passed]


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
