"""`check_destination SLUG`: ask the recipient whether it lets us in."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from activation.destinations import queries
from consent.kernel.errors import AccordantError


class Command(BaseCommand):
    """Checks a destination's connection. Sends nobody's data and changes nothing."""

    help = "Ask a destination's recipient whether it can be reached and lets us in. Sends nobody's data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the argument."""
        parser.add_argument("slug")

    def handle(self, *, slug: str, **_: object) -> None:
        """Check it.

        :raises CommandError: if it is not connected, or cannot be reached, or says no.
        """
        try:
            connector = queries.open_connector(slug)
            if connector is None:
                raise CommandError(f"no destination {slug} is registered and connected")
            connector.check()
        except AccordantError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{slug} can be reached, and lets us in.")
