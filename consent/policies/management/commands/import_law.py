"""`manage.py import_law [FILE]`: a law table becomes rows."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from consent.policies import services
from consent.policies.law.reading import LawRefused

_LARGEST_FILE = 16_000_000
"""Bytes; looked at before the file is read. What a table may hold is checked when it is read."""


class Command(BaseCommand):
    """Loads the shipped law table, or the one in FILE, and prints what became of its rows."""

    help = (
        "Load the law table that comes with the project, or FILE, into rows. Safe to run twice. Rows that an "
        "officer edited are kept. Prints what was done, or every fault and exits 1."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("file", type=Path, nargs="?")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, write nothing")
        parser.add_argument("--replace", action="store_true", help="overwrite what officers edited, too")

    def handle(self, *, file: Path | None, dry_run: bool, replace: bool, **_: Any) -> None:
        """Import the table.

        :raises CommandError: if it cannot be read or has faults; nothing was written.
        """
        text = None if file is None else _read(file)
        try:
            done = services.import_law(text=text, replace=replace, dry_run=dry_run, at=timezone.now())
        except LawRefused as refusal:
            for fault in refusal.faults:
                self.stdout.write(f"{fault.path}: {fault.message}")
            raise CommandError(f"faults: {len(refusal.faults)}; nothing was written") from refusal
        for row in done.kept_rows:
            self.stdout.write(f"kept as edited: {row}")
        self.stdout.write(
            f"added {done.added}, changed {done.changed}, unchanged {done.unchanged}, "
            f"kept as edited {done.kept}, removed {done.removed}"
        )
        self.stdout.write(done.digest + (" (dry run: nothing was written)" if dry_run else ""))


def _read(file: Path) -> str:
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise CommandError(f"{file} is larger than {_LARGEST_FILE} bytes")
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not UTF-8 at byte {error.start}") from error
