"""`manage.py export_data_map [FILE]`: the data map as YAML."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from consent.requests.systems.writing import write_text


class Command(BaseCommand):
    """Writes what `import_data_map` reads back to the same. No secret is in it."""

    help = "Write the data map as YAML, to a file or to standard output."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("file", type=Path, nargs="?")

    def handle(self, *, file: Path | None, **_: Any) -> None:
        """Export.

        :raises CommandError: if the file cannot be written.
        """
        text = write_text()
        if file is None:
            self.stdout.write(text, ending="")
            return
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}") from error
