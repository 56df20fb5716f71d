"""`replay_changes --subscription SLUG --from INDEX [--to INDEX]`: have a part of the ledger go out again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from activation.changes import services
from consent.kernel.errors import AccordantError


class Command(BaseCommand):
    """Sets a replay down. The workers carry it out, beside what is new."""

    help = (
        "Have consent changes go out to a subscription once more, under the ids that they had. What is new"
        " goes on meanwhile, and the subscription's position stays."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--subscription", required=True, metavar="SLUG")
        parser.add_argument("--from", required=True, type=int, metavar="INDEX", dest="begin")
        parser.add_argument(
            "--to",
            type=int,
            metavar="INDEX",
            dest="until",
            help="the first entry that is not replayed; left out: the subscription's position",
        )
        parser.add_argument("--by", default="command line", help="whose doing it is, for the ledger")

    def handle(self, *_: Any, subscription: str, begin: int, until: int | None, by: str, **__: Any) -> None:
        """Set it down.

        :raises CommandError: if it is refused.
        """
        try:
            services.replay_changes(slug=subscription, begin=begin, until=until, asked_by=by)
        except AccordantError as error:
            raise CommandError(str(error)) from error
        services.wake(subscription)
        self.stdout.write(f"The replay for {subscription} is set down; workers carry it out.")
