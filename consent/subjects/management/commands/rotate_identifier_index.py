"""`manage.py rotate_identifier_index`: bring the index of identifiers to the newest key."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from consent.kernel.errors import AccordantError
from consent.subjects import services


class Command(BaseCommand):
    """Adds what is wanting under the newest key, then removes what lies under keys no longer configured."""

    help = (
        "Bring the index of identifiers to the newest of ACCORDANT_IDENTIFIER_KEYS. Safe to stop and repeat."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--batch", type=int, default=500, help="identifiers a transaction (default: 500)")

    def handle(self, *, batch: int, **_: object) -> None:
        """Rotate, and tell what was done.

        :raises CommandError: if an identifier does not open.
        """
        try:
            done = services.rotate_identifier_index(batch=batch, progress=self._tell)
        except AccordantError as error:
            raise CommandError(f"{error}; what is done stays done") from error
        self.stdout.write(f"{done.added} identifiers added, {done.removed} outdated rows removed")

    def _tell(self, done: int, total: int) -> None:
        self.stderr.write(f"{done:,} of {total:,} identifiers")
