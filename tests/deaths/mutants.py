"""Runs that are not safe, each in one way: the walk must find them. Each is an entry for a job."""

from pathlib import Path
from typing import Any

from django.db import transaction

from activation.enforcement import lifecycle, services
from activation.enforcement.files import RunFiles
from activation.enforcement.marking import mark_sending
from activation.enforcement.membership import services as membership
from activation.enforcement.membership.models import Segment
from activation.enforcement.membership.types import SegmentState
from activation.enforcement.run_events import describe_end
from activation.enforcement.types import RunStatus
from lineage.events import builders
from lineage.outbox import services as outbox
from tests.deaths.connected import enforce_to_fake
from tests.enforcement_world import run


def name_the_output_first(folder: Path, **options: Any) -> None:
    """Give the output its name before its manifest and its evidence have theirs."""
    RunFiles.in_order = property(  # type: ignore[assignment, method-assign]
        lambda self: (self.output, self.evidence, self.manifest)
    )
    run(folder, **options)


def write_in_place(folder: Path, **options: Any) -> None:
    """Write each file under its final name from the start."""
    RunFiles.partial = lambda _, final: final  # type: ignore[method-assign, assignment]
    run(folder, **options)


def end_in_two_transactions(folder: Path, **options: Any) -> None:
    """Record the end of a run first, and tell lineage of it in a transaction of its own."""

    def complete(run: Any) -> None:
        lifecycle._finish(run, RunStatus.COMPLETED)
        with transaction.atomic():
            described = describe_end(run)
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


def mark_after_the_delivery(folder: Path, **options: Any) -> None:
    """Keep who was sent once the destination has acknowledged them, and not before."""
    marked: list[tuple[Any, ...]] = []
    note_receipt = lifecycle.note_receipt

    def note_and_mark(run: Any, receipt: Any) -> None:
        note_receipt(run, receipt)
        mark_sending(*marked[-1])

    services.mark_sending = lambda *arguments: marked.append(arguments)  # type: ignore[attr-defined]
    lifecycle.note_receipt = note_and_mark
    enforce_to_fake(folder, **options)


def mark_after_the_files(folder: Path, **options: Any) -> None:
    """Keep who is in the files once they have their names, and not before."""
    marked: list[tuple[Any, ...]] = []
    deliver = RunFiles.deliver

    def deliver_and_mark(files: RunFiles, **again: bool) -> None:
        deliver(files, **again)
        mark_sending(*marked[-1])

    services.mark_sending = lambda *arguments: marked.append(arguments)  # type: ignore[attr-defined]
    RunFiles.deliver = deliver_and_mark  # type: ignore[method-assign, assignment]
    run(folder, **options)


def forget_who_was_sent_by_a_failure(folder: Path, **options: Any) -> None:
    """Let a run that fails forget whom it sent, whatever may have left."""
    lifecycle._note_failed = lambda run: membership.drop_segment(run.pk)
    enforce_to_fake(folder, **options)


def let_go_too_early(folder: Path, **options: Any) -> None:
    """Forget whom the destination holds as soon as others are about to take their place."""

    def mark(*arguments: Any) -> None:
        mark_sending(*arguments)
        Segment.objects.filter(state=SegmentState.HELD).delete()

    services.mark_sending = mark  # type: ignore[attr-defined, assignment]
    enforce_to_fake(folder, **options)
