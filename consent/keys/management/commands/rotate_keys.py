"""`manage.py rotate_keys`: rewrap all data keys under the newest master key."""

import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from consent.keys import queries, services
from consent.keys.types import KeysUnavailable, RotationReport

_SECONDS_BETWEEN_LINES = 1.0


def _read_batch(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise ArgumentTypeError("a batch has 1 to 100000 keys")
    return int(text)


class Command(BaseCommand):
    """Rotates the keys. It may be killed and run again, run twice at once, and run beside the service."""

    help = "Rewrap every data key under the newest master key. Stopped half-way, it goes on when run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--batch", type=_read_batch, default=500, help="keys per transaction (default: 500)"
        )

    def handle(self, *_: Any, batch: int, **__: Any) -> None:
        """Rotate the keys and tell how it went.

        :raises CommandError: if the keys cannot be reached, or some of them do not open.
        """
        try:
            report = services.rotate_keys(batch=batch, progress=self._progress())
            self._tell(report)
        except KeysUnavailable as error:
            raise CommandError(f"{error} What was rewrapped stays so; run the command again.") from error
        if report.unreadable:
            raise CommandError(_describe_unreadable(report))

    def _progress(self) -> Callable[[int, int], None]:
        """Return what tells, at first and then now and then, how many keys are done."""
        told_at = 0.0

        def tell(rotated: int, found: int) -> None:
            nonlocal told_at
            if time.monotonic() - told_at >= _SECONDS_BETWEEN_LINES:
                told_at = time.monotonic()
                self.stderr.write(f"{rotated:,} of {found:,} keys rewrapped")

        return tell

    def _tell(self, report: RotationReport) -> None:
        self.stdout.write(f"Rewrapped {report.rotated:,} keys under version {report.version}.")
        for version, count in queries.count_keys_by_version().items():
            self.stdout.write(f"version {version}: {count:,} keys")


def _describe_unreadable(report: RotationReport) -> str:
    counts = ", ".join(
        f"{count:,} under version {version}" for version, count in sorted(report.unreadable.items())
    )
    return (
        f"Keys that do not open, and were left as they are: {counts}. Put the master key that these versions"
        " had back into ACCORDANT_MASTER_KEYS and run the command again."
    )
