"""`manage.py set_retention_rule STREAM DAYS`: how long a stream's content is kept at least."""

from argparse import ArgumentParser
from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from consent.ledger import services as ledger
from consent.ledger.types import Stream


class Command(BaseCommand):
    """Run it as the owner of the tables: the application may not shorten what bounds it."""

    help = (
        "Set how long the content of a stream is kept at least: days, or `never` to prune nothing of it. A"
        " setting (ACCORDANT_KEEP_…_DAYS) can ask for longer, not for less. Run it as the tables' owner."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare stream and days."""
        parser.add_argument("stream", type=Stream, choices=list(Stream))
        parser.add_argument("days", help="days, from 1 up, or `never`")

    def handle(self, *, stream: Stream, days: str, **_: object) -> None:
        """Set the rule, and tell the audit stream.

        :raises CommandError: if it is no number of days, or the connection is not the owner's.
        """
        if days != "never" and not (days.isascii() and days.isdecimal() and 1 <= int(days) <= 365_000):
            raise CommandError("days is a whole number from 1 up, or `never`")
        kept_for = None if days == "never" else timedelta(days=int(days))
        try:
            ledger.set_retention_rule(stream=stream, kept_for=kept_for)
        except Error as error:
            raise CommandError(f"run this as the owner of the tables: {error}") from error
        self.stdout.write(f"{stream}: kept {'for ever' if kept_for is None else f'{days} days'} at least")
