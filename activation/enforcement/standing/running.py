"""Carrying out an order: one worker per audience, progress told, stops honoured, nothing delivered twice."""

import re
from datetime import datetime
from pathlib import Path
from uuid import UUID

from activation.enforcement.audience.reading import open_audience
from activation.enforcement.audience.types import AudienceFormat
from activation.enforcement.beside import Watch, watch_over
from activation.enforcement.locks import OutputBusy
from activation.enforcement.models import EnforcementRun
from activation.enforcement.parents import read_parent
from activation.enforcement.reviving import close_dead_runs
from activation.enforcement.services import enforce_audience
from activation.enforcement.standing.drift.evidence import files_of
from activation.enforcement.standing.inputs import count_rows, find_format, find_input, output_of
from activation.enforcement.standing.models import RunOrder
from activation.enforcement.standing.types import WorkStatus
from activation.enforcement.standing.work import Telling, WorkStopped, WorkTakenOver, claim, finish
from activation.enforcement.types import DeliveryState, RunStatus, Watcher
from consent.kernel.errors import AccordantError
from consent.verifier.manifests.manifest import read_manifest

_NO_SLUG = re.compile(r"[^a-z0-9_-]+", re.ASCII)
_LONGEST_NAME = 64


def run_order(*, order_id: UUID, at: datetime) -> bool:
    """Carry out an order that waits, or that a dead worker left, and return whether this call did.

    What goes wrong with the run is told in the order, and not raised. If this worker dies, the order stays
    as it is, and whoever looks next takes it up.
    """
    order = RunOrder.objects.filter(pk=order_id).first()
    if order is None:
        return False
    with watch_over(order.lock_name) as watch:
        if watch is None or not claim(order):
            return False
        try:
            _carry_out(order, watch, at)
        except WorkStopped as stop:
            finish(order, WorkStatus.CANCELLED, error=str(stop))
        except (WorkTakenOver, OutputBusy):
            return False  # whoever took it up tells how it ends; a run that still lives will see that
        except AccordantError as error:
            finish(order, WorkStatus.FAILED, error=str(error))
        except Exception as error:
            finish(order, WorkStatus.FAILED, error=type(error).__name__)
            raise
    return True


def _carry_out(order: RunOrder, watch: Watch, at: datetime) -> None:
    request = order.request
    path = find_input(request)
    audience_format = find_format(request, path)
    output = output_of(order.audience_slug or order.purpose, order.pk, audience_format)
    if order.attempt > 1 and (done := _find_delivered(output)):
        _complete(order, done)
        return
    telling = Telling(order, watch)
    result = enforce_audience(
        purpose=request.purpose,
        destination=request.destination,
        controller=request.controller,
        input_path=open_audience(path, audience_format),
        output_path=output,
        at=at,
        identifiers=request.identifiers or None,
        audience_name=order.audience_slug or _name_of(path),
        progress=Watcher(
            rows=_Progress(telling, output, path, audience_format),
            parent=read_parent(order.parent_run),
            title=order.audience.title if order.audience else "",
        ),
    )
    _complete(order, EnforcementRun.objects.get(pk=result.run_id))


class _Progress:
    """Tells how far the run is; the first time also which run it is, and of how many rows."""

    def __init__(self, telling: Telling, output: Path, path: Path, audience_format: AudienceFormat) -> None:
        self._telling, self._output = telling, output
        self._first: dict[str, object] = {"rows_total": count_rows(path, audience_format)}

    def __call__(self, rows: int) -> None:
        if self._first:
            running = EnforcementRun.objects.running().filter(output=str(self._output))
            self._first["run_id"] = running.order_by("pk").values_list("pk", flat=True).first()
        try:
            self._telling(rows, **self._first)
        except (WorkStopped, WorkTakenOver):
            if not self._is_handing_over():
                raise
        self._first = {}

    def _is_handing_over(self) -> bool:
        """Return whether rows may be at the destination by now: then the run goes on to its end."""
        running = EnforcementRun.objects.running().filter(output=str(self._output))
        return running.exclude(delivery=DeliveryState.NONE).exists()


def _find_delivered(output: Path) -> EnforcementRun | None:
    """Return the run that an earlier attempt delivered, if it got so far before its process died."""
    close_dead_runs()
    delivered = EnforcementRun.objects.filter(output=str(output), status=RunStatus.COMPLETED)
    return delivered.order_by("-started_at", "pk").first()


def _complete(order: RunOrder, run: EnforcementRun) -> None:
    finish(
        order,
        WorkStatus.COMPLETED,
        run_id=run.pk,
        rows_done=run.rows_in,
        rows_total=run.rows_in,
        not_after=_read_not_after(run),
    )


def _name_of(path: Path) -> str | None:
    """Return what a destination is to call the audience in a file; None if its name says nothing."""
    return _NO_SLUG.sub("_", path.stem.lower())[:_LONGEST_NAME].strip("_") or None


def _read_not_after(run: EnforcementRun) -> datetime | None:
    """Return when the first of the run's allows ends; None if none does, or somebody took the files away."""
    try:
        content = files_of(run).manifest.read_bytes()
    except OSError:
        return None
    not_after = read_manifest(content).manifest.not_after
    return datetime.fromisoformat(not_after) if not_after else None
