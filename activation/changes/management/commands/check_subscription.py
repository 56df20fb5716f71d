"""`check_subscription SLUG`: send a message that tells nothing, and say how it went."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from activation.changes import services
from consent.kernel.errors import AccordantError


class Command(BaseCommand):
    """Tries a subscription's connection."""

    help = "Send a subscription's receiver a message that tells nothing, or look whether its topic is there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("slug")

    def handle(self, *_: Any, slug: str, **__: Any) -> None:
        """Try it.

        :raises CommandError: if it is not taken.
        """
        try:
            services.check_subscription(slug=slug)
        except AccordantError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{slug} takes messages.")
