"""Runs that are not safe, each in one way: the walk must find them. Each is an entry for a job."""

from pathlib import Path
from typing import Any

from django.db import transaction

from activation.enforcement import lifecycle
from activation.enforcement.files import RunFiles
from activation.enforcement.run_events import describe_result
from activation.enforcement.types import RunStatus
from lineage.events import builders
from lineage.outbox import services as outbox
from tests.deaths.connected import enforce_to_fake
from tests.enforcement_world import run


def name_the_output_first(folder: Path, **options: Any) -> None:
    """Give the output its name before its manifest and its evidence have theirs."""
    RunFiles.in_order = property(  # type: ignore[assignment, method-assign]
        lambda self: (self.output, self.sent, self.evidence, self.manifest)
    )
    run(folder, **options)


def write_in_place(folder: Path, **options: Any) -> None:
    """Write each file under its final name from the start."""
    RunFiles.partial = lambda _, final: final  # type: ignore[method-assign, assignment]
    run(folder, **options)


def end_in_two_transactions(folder: Path, **options: Any) -> None:
    """Record the end of a run first, and tell lineage of it in a transaction of its own."""

    def complete(run: Any, draft: Any) -> None:
        lifecycle._finish(run, RunStatus.COMPLETED)
        with transaction.atomic():
            described = describe_result(run, draft)
            outbox.enqueue(event=builders.complete(described, at=run.finished_at))

    lifecycle.complete = complete
    run(folder, **options)


def forget_the_delivery(folder: Path, **options: Any) -> None:
    """Hand rows over without a record that they may be there."""
    lifecycle.begin_delivery = lambda *_: None
    enforce_to_fake(folder, **options)


def keep_no_proof(folder: Path, **options: Any) -> None:
    """Remove all of a run that failed while it handed rows over."""
    withdraw = RunFiles.withdraw

    def remove_all(files: RunFiles, *, delivering: bool, **_: bool) -> None:
        withdraw(files, delivering=delivering)

    RunFiles.withdraw = remove_all  # type: ignore[method-assign, assignment]
    enforce_to_fake(folder, **options)
