"""`manage.py import_consents FILE`: import a file of choices."""

import csv
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from consent.kernel.errors import AccordantError
from consent.records.import_telling import tell_choices
from consent.records.import_types import ImportReport, RowFault, SignalCounts
from consent.records.services import (
    Format,
    MalformedMapping,
    import_file,
)
from consent.records.types import MAX_SOURCE

_SECONDS_BETWEEN_LINES = 1.0


def _read_source(text: str) -> str:
    if not 1 <= len(text) <= MAX_SOURCE:
        raise ArgumentTypeError(f"a source has 1 to {MAX_SOURCE} characters")
    return text


class Command(BaseCommand):
    """Imports one file. Rejected rows are told and do not keep the others out."""

    help = (
        "Import a file of choices: our NDJSON, CSV, or the messages of a vendor, one a line."
        " Importing the same file again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file and the options."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--format", type=Format, choices=list(Format), default=Format.NDJSON, help="default: ndjson"
        )
        parser.add_argument("--mapping", type=Path, help="what the file's names stand for (YAML)")
        parser.add_argument(
            "--dry-run", action="store_true", help="tell what would be recorded and rejected, write nothing"
        )
        parser.add_argument(
            "--rejects", type=Path, help="a CSV file to write: the line of each rejected row, and why"
        )
        parser.add_argument(
            "--source", type=_read_source, help="where the file comes from (default: the file's name)"
        )

    def handle(self, *_: Any, file: Path, mapping: Path | None, rejects: Path | None, **options: Any) -> None:
        """Import the file.

        :raises CommandError: if a file cannot be read or used, or the import stops half-way.
        """
        mapping_text = _read_text(mapping) if mapping else None
        if rejects is not None:
            _write_rejects(rejects, ())  # one that cannot be written is told before anything is recorded
        try:
            report = self._import(file, mapping_text, options)
        except OSError as error:
            raise CommandError(f"cannot read {file}: {error.strerror}") from error
        except MalformedMapping as error:
            raise CommandError("\n".join([f"{mapping or 'mapping'}:", *error.faults])) from error
        except AccordantError as error:
            raise CommandError(str(error)) from error
        if rejects is not None:
            _write_rejects(rejects, report.faults)
        self._tell(report, is_kept=rejects is not None, dry_run=options["dry_run"])

    def _import(self, path: Path, mapping_text: str | None, options: dict[str, Any]) -> ImportReport:
        with path.open("rb") as file:
            return import_file(
                file=file,
                file_format=options["format"],
                mapping_text=mapping_text,
                source=options["source"] or path.name[:MAX_SOURCE],
                at=timezone.now(),
                dry_run=options["dry_run"],
                progress=self._progress(file, path.stat().st_size),
            )

    def _progress(self, file: IO[bytes], size: int) -> Callable[[int], None]:
        """Return what tells, now and then, how far the file is read and how fast."""
        started_at = told_at = time.monotonic()
        first: int | None = None

        def tell(lines: int) -> None:
            nonlocal told_at, first
            now = time.monotonic()
            first = lines if first is None else first  # a resumed import begins behind what was done
            if now - told_at >= _SECONDS_BETWEEN_LINES:
                told_at = now
                rate = (lines - first) / (now - started_at)
                self.stderr.write(f"{lines:,} lines, {file.tell() / max(size, 1):.0%}, {rate:,.0f} lines/s")

        return tell

    def _tell(self, report: ImportReport, *, is_kept: bool, dry_run: bool) -> None:
        for fault in () if is_kept else report.faults:
            self.stdout.write(f"line {fault.line}: {fault.code}: {fault.message}")
        if report.rejected > len(report.faults):
            self.stdout.write(f"… and {report.rejected - len(report.faults)} rejected lines more")
        if report.repeated:
            self.stdout.write("This file was imported before; nothing was changed. Its report:")
        would = "would be " if dry_run and not report.repeated else ""
        if report.apart:
            self.stdout.write(_tell_apart(report.apart))
        if report.choices:
            self.stdout.write(f"choices {would}recorded: {tell_choices(report.choices)}")
        if report.signals is not None:
            self._tell_signals(report.signals, would)
        self.stdout.write(f"{report.accepted} {would}accepted, {report.rejected} rejected")

    def _tell_signals(self, counts: SignalCounts, would: str) -> None:
        came = "would come" if would else "came"
        for reason, count in counts.unread.items():
            signals = "1 signal" if count == 1 else f"{count} signals"
            self.stdout.write(f"{signals} {came} to nothing for something: {reason}")
        self.stdout.write(
            f"signals: {counts.recorded} {would}recorded, {counts.repeated} repeated,"
            f" {counts.conflicts} conflicts, {counts.yes_not_recorded} yes not recorded"
        )


def _tell_apart(count: int) -> str:
    return (
        f"{count} rows are about people of rows further up, in an earlier batch: a dry run weighs them"
        " without those, so repeats and conflicts between the two are not counted"
    )


def _write_rejects(path: Path, faults: Iterable[RowFault]) -> None:
    """Write a row for each fault: numbers and names alone, nothing of what the rejected row holds."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["line", "code", "column", "reason", "position", "message"])
            rows.writerows(
                (one.line, one.code.value, one.path, one.reason, one.position, one.message) for one in faults
            )
    except OSError as error:
        raise CommandError(f"cannot write {path}: {error.strerror}") from error


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"cannot read {path}: not UTF-8 at byte {error.start}") from error
