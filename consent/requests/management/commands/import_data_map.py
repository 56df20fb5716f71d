"""`manage.py import_data_map FILE [--dry-run]`: the data map becomes what a YAML file says."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from consent.policies.management.inputs import read_text
from consent.requests.systems.importing import DataMapRefused, import_text


class Command(BaseCommand):
    """Prints what changes, a line each. With faults, prints each with its place, and changes nothing."""

    help = "Make the data map what a YAML file says: all of it, or nothing. Prints what that changes."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="print what would change; change nothing")
        parser.add_argument("--by", default="import_data_map", metavar="NAME", help="who changes it")

    def handle(self, *, file: Path, dry_run: bool, by: str, **_: Any) -> None:
        """Import the file.

        :raises CommandError: if it cannot be read, or has faults.
        """
        try:
            differences = import_text(read_text(file), changed_by=by, dry_run=dry_run)
        except DataMapRefused as refusal:
            for fault in refusal.faults:
                self.stdout.write(f"{fault.path}: {fault.message}")
            raise CommandError(f"faults: {len(refusal.faults)}; nothing was changed") from refusal
        for difference in differences:
            self.stdout.write(str(difference))
        self.stdout.write(f"{len(differences)} differences{'; nothing was changed' if dry_run else ''}")
