"""Tells which versions of the Global Vendor List are kept."""

from django.core.management.base import BaseCommand, CommandError

from consent.kernel.errors import AccordantError
from consent.records import services


class Command(BaseCommand):
    """Lists the versions of the vendor list that are kept."""

    help = "Lists the versions of the Global Vendor List in the folder ACCORDANT_VENDOR_LISTS, oldest first."
    requires_system_checks = []

    def handle(self, **_: object) -> None:
        """Tell each version.

        :raises CommandError: if a file there is not the list that its name says.
        """
        try:
            kept = services.list_kept()
        except AccordantError as error:
            raise CommandError(str(error)) from error
        for one in kept:
            day = one.last_updated.date().isoformat()
            self.stdout.write(
                f"version {one.version}: of {day}, policy {one.policy_version}, {one.vendors:,} vendors"
            )
        if not kept:
            self.stdout.write("none is kept: run fetch_vendor_list")
