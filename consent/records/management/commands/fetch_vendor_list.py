"""Fetches the Global Vendor List of IAB Europe's framework and keeps it."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from consent.kernel.errors import AccordantError
from consent.records import services


class Command(BaseCommand):
    """Fetches a version of the vendor list, and keeps it under its number."""

    help = (
        "Fetches the Global Vendor List from ACCORDANT_VENDOR_LISTS_URL and keeps it in the folder"
        " ACCORDANT_VENDOR_LISTS, one file a version. A version that is kept is never overwritten. Run it"
        " once a week: the list is published on Thursdays."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--list-version", type=int, metavar="NUMBER", help="an archived version; default: the current one"
        )

    def handle(self, *, list_version: int | None, **_: object) -> None:
        """Fetch it, and tell which version it is.

        :raises CommandError: if it cannot be fetched, or is not what it should be. Nothing is kept then.
        """
        try:
            found = services.fetch_list(list_version)
        except AccordantError as error:
            raise CommandError(f"nothing was kept: {error}") from error
        except OSError as error:
            raise CommandError(f"the folder of vendor lists cannot be used: {error.strerror}") from error
        self.stdout.write(f"version {found.version}: {len(found.vendors):,} vendors, kept")
