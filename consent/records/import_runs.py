"""What lineage hears of an import: the format, how much of it went in or was refused, and how it ended.

Each attempt is a run: a file whose import stopped half-way, and is imported again, has two. Neither the
file's name nor its digest is told: files are named after people, and who has a short one knows its digest.
The number of the import's row, which only this service can look up, is.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import Error as DatabaseFault
from django.db import transaction

from consent.kernel.errors import AccordantError
from consent.ledger.queries import get_time
from consent.records.adapters.types import Format
from consent.records.models import ImportRun
from lineage.events.naming import imports, job_name, ledger
from lineage.events.ourselves import ENGINE
from lineage.events.types import Input, JobDescription, Output, RunDescription, Statistics, Tag
from lineage.running import services as running

_SILENCE = timedelta(minutes=15)
"""A batch takes seconds. Whoever is silent for longer is taken for dead."""


@dataclass(slots=True)
class Attempt:
    """One process that imports a file, as lineage hears of it."""

    row: ImportRun
    file_format: Format
    run_id: UUID = field(default_factory=uuid4)
    _before: tuple[int, int] = (0, 0)
    """What had been accepted and refused when this run began."""
    _kept: tuple[int, int] = (0, 0)
    """What had been when a transaction was last committed."""

    def begin(self) -> None:
        """Tell that it began, in the transaction of its row."""
        self._before = self._kept = self._counts()
        running.begin(run=self._describe(self._kept), at=get_time(), silence=_SILENCE)

    def keep(self) -> None:
        """Tell how far it is, in the transaction of a batch. A run that was ended is followed by another."""
        if not running.keep(run=self._describe(self._counts()), at=get_time(), silence=_SILENCE):
            self._begin_another()

    def note_commit(self) -> None:
        """Remember that what was told counts."""
        self._kept = self._counts()

    def complete(self) -> None:
        """Tell that all is done, in the transaction that says so of the row."""
        if not running.complete(run=self._describe(self._counts()), at=get_time()):
            self._begin_another()
            running.complete(run=self._describe(self._counts()), at=get_time())

    def stop(self, error: BaseException) -> None:
        """Tell that it failed or was stopped, as far as the database can be reached; else the sweep does."""
        try:
            with transaction.atomic():
                self._stop(error)
        except DatabaseFault:
            return

    def _stop(self, error: BaseException) -> None:
        run = self._describe(self._kept)
        if isinstance(error, Exception):
            message = str(error) if isinstance(error, AccordantError) else type(error).__name__
            running.fail(run=run, at=get_time(), message=message)
        else:
            running.abort(run=run, at=get_time())

    def _begin_another(self) -> None:
        """Begin a run with what the one that was ended did not tell of."""
        self.run_id, self._before = uuid4(), self._kept
        running.begin(run=self._describe(self._counts()), at=get_time(), silence=_SILENCE)

    def _counts(self) -> tuple[int, int]:
        return self.row.accepted, self.row.rejected

    def _describe(self, counts: tuple[int, int]) -> RunDescription:
        accepted, refused = (now - before for now, before in zip(counts, self._before, strict=True))
        read = accepted + refused
        return RunDescription(
            run_id=self.run_id,
            job=JobDescription(
                name=job_name("import_consents", self.file_format.value),
                kind="IMPORT",
                documentation="Records the choices that a file tells of.",
            ),
            engine=ENGINE,
            inputs=(Input(dataset=imports(self.file_format.value), statistics=Statistics(rows=read)),),
            outputs=(Output(dataset=ledger(), statistics=Statistics(rows=accepted)),),
            tags=(
                Tag(key="import", value=str(self.row.pk)),
                Tag(key="accepted", value=str(accepted)),
                Tag(key="refused", value=str(refused)),
            ),
        )
