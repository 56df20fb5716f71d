"""`rewrap_credentials`: wrap the installation's own secrets under the newest master key."""

from django.core.management.base import BaseCommand, CommandError

from activation.changes import services as changes
from activation.desk import services as desk
from activation.destinations import services as destinations
from activation.enforcement.membership import services as membership
from consent.kernel.errors import AccordantError
from consent.requests import services as requests


class Command(BaseCommand):
    """Follows `rotate_keys`, before an old master key is taken away."""

    help = (
        "Wrap the keys of the destinations' and subscriptions' credentials, of what destinations hold, of"
        " what traces and breach reports found, of data subject requests and of systems, under the"
        " newest master key, and index who made requests under the newest identifier key. Safe to run twice."
    )

    def handle(self, *_: object, **__: object) -> None:
        """Wrap them.

        :raises CommandError: if one does not open, or the keys cannot be reached; run it again then.
        """
        try:
            credentials = destinations.rewrap_credentials() + changes.rewrap_secrets()
            holdings = membership.rewrap_holdings()
            reports = desk.rewrap_reports()
            kept = requests.rewrap_keys()
            found = requests.reindex_people()
        except AccordantError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{credentials} credentials, {holdings} holdings and {reports} reports rewrapped;"
            f" {kept} keys of requests and systems rewrapped, {found} requests indexed anew."
        )
