"""`manage.py rebuild_choices [--check]`: make the choices in force anew from the ledger."""

import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from consent.records.rebuilding import Difference
from consent.records.services import rebuild_choices

_SECONDS_BETWEEN_LINES = 1.0
_MOST_TOLD = 20


class Command(BaseCommand):
    """Compares what the projection holds with what the ledger comes to, and mends it."""

    help = (
        "Make the choices in force anew from the ledger. With --check, only compare: exit 1 if they differ."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--check", action="store_true", help="compare only, change nothing")

    def handle(self, *_: Any, check: bool, **__: Any) -> None:
        """Rebuild or compare.

        :raises CommandError: if `--check` found a difference.
        """
        told: list[Difference] = []

        def differs(difference: Difference) -> None:
            if len(told) < _MOST_TOLD:
                told.append(difference)

        report = rebuild_choices(repair=not check, progress=self._progress(), differs=differs)
        for difference in told:
            self.stdout.write(str(difference))
        if report.differences > len(told):
            self.stdout.write(f"… and {report.differences - len(told):,} differences more")
        if report.pending:
            self.stdout.write(f"{report.pending:,} choices are not in the ledger yet: taken as recorded")
        read = f"{report.events:,} choices in the ledger, {report.choices:,} in force"
        if check and report.differences:
            raise CommandError(f"{read}: {report.differences:,} differ")
        self.stdout.write(f"{read}: {report.differences:,} {'differ' if check else 'mended'}")

    def _progress(self) -> Callable[[str], None]:
        """Return what tells, now and then, how far it got."""
        told_at = time.monotonic()

        def tell(text: str) -> None:
            nonlocal told_at
            if time.monotonic() - told_at >= _SECONDS_BETWEEN_LINES:
                told_at = time.monotonic()
                self.stderr.write(text)

        return tell
