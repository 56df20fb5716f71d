"""`manage.py apply_retention [--dry-run]`: take the content of what is past its time, and keep its proofs."""

import time
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from activation.enforcement import services as enforcement
from consent.ledger import services as ledger
from consent.ledger.types import RetentionReport
from consent.records import services as records

_PATIENCE = ledger.Patience([0.25] * 20, time.sleep)  # seconds: a living sequencer signs every 200 ms


class Command(BaseCommand):
    """Counts first, then works. Stopped or killed, it goes on where it was when it is run again."""

    help = (
        "Prune the ledger's entries that are past their stream's time, forget their copies, and old"
        " enforcement runs. Hashes, nodes, checkpoints and keys stay: every proof still verifies. The"
        " sequencer must run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the option."""
        parser.add_argument("--dry-run", action="store_true", help="only count what would go")

    def handle(self, *, dry_run: bool, **_: object) -> None:
        """Count, and unless it is a dry run, apply.

        :raises CommandError: if an announced pruning is under no signed checkpoint yet.
        """
        now = timezone.now()
        for rule in ledger.list_retention(count=True):
            kept = "for ever" if rule.kept_for is None else f"{rule.kept_for.days:,} days"
            self.stdout.write(f"{rule.stream:<10} kept {kept}: {rule.prunable:,} to prune")
        self.stdout.write(f"{'runs':<10} {enforcement.count_old_runs(at=now):,} to forget")
        if dry_run:
            return
        report = ledger.apply_retention(patience=_PATIENCE, progress=self._tell)
        copies = runs = 0
        while forgotten := records.forget_pruned():
            copies += forgotten
        while forgotten := enforcement.forget_runs(at=now):
            runs += forgotten
        self.stdout.write(
            f"pruned {report.pruned.total():,} leaves, forgot {copies:,} copies and {runs:,} runs"
        )
        self._check(report)

    def _tell(self, report: RetentionReport) -> None:
        self.stderr.write(f"{report.pruned.total():,} leaves pruned")

    def _check(self, report: RetentionReport) -> None:
        if report.withdrawn:
            self.stdout.write(f"{report.withdrawn} prunings withdrawn: the rules do not allow them any more")
        if report.waiting:
            streams = ", ".join(report.waiting)
            raise CommandError(
                f"announced, but under no signed checkpoint ({streams}): is the sequencer running? Run again"
            )
