"""`manage.py import_consents FILE`: import a file of choices."""

import hashlib
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from consent.records.services import ImportInterrupted, import_rows, read_lines
from consent.records.types import MAX_SOURCE, ImportReport

_SECONDS_BETWEEN_LINES = 1.0


def _read_source(text: str) -> str:
    if not 1 <= len(text) <= MAX_SOURCE:
        raise ArgumentTypeError(f"a source has 1 to {MAX_SOURCE} characters")
    return text


class Command(BaseCommand):
    """Imports NDJSON, one row a line. Rejected lines are told and do not keep the others out."""

    help = "Import a file of choices (NDJSON, one row a line). Importing the same file again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file and the options."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--dry-run", action="store_true", help="tell what would be rejected, write nothing"
        )
        parser.add_argument(
            "--source", type=_read_source, help="where the file comes from (default: the file's name)"
        )

    def handle(self, *_: Any, file: Path, dry_run: bool, source: str | None, **__: Any) -> None:
        """Import the file.

        :raises CommandError: if the file cannot be read, or the import stops half-way.
        """
        try:
            report = self._import(file, source or file.name[:MAX_SOURCE], dry_run=dry_run)
        except OSError as error:
            raise CommandError(f"cannot read {file}: {error.strerror}") from error
        except ImportInterrupted as error:
            raise CommandError(str(error)) from error
        self._tell(report, dry_run=dry_run)

    def _import(self, path: Path, source: str, *, dry_run: bool) -> ImportReport:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            return import_rows(
                lines=read_lines(file),
                digest=digest,
                source=source,
                at=timezone.now(),
                dry_run=dry_run,
                progress=self._progress(),
            )

    def _progress(self) -> Callable[[int], None]:
        """Return what tells, now and then, how many lines are done."""
        told_at = time.monotonic()

        def tell(lines: int) -> None:
            nonlocal told_at
            if time.monotonic() - told_at >= _SECONDS_BETWEEN_LINES:
                told_at = time.monotonic()
                self.stderr.write(f"{lines:,} lines")

        return tell

    def _tell(self, report: ImportReport, *, dry_run: bool) -> None:
        for fault in report.faults:
            self.stdout.write(f"line {fault.line}: {fault.code}: {fault.message}")
        if report.rejected > len(report.faults):
            self.stdout.write(f"… and {report.rejected - len(report.faults)} rejected lines more")
        if report.repeated:
            self.stdout.write("This file was imported before; nothing was changed. Its report:")
        verb = "would be accepted" if dry_run else "accepted"
        self.stdout.write(f"{report.accepted} {verb}, {report.rejected} rejected")
