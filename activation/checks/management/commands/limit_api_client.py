"""`limit_api_client NAME --identifiers-per-day 5000`: hold a client to other limits."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from activation.checks import services
from activation.checks.types import Limits
from consent.kernel.errors import AccordantError


class Command(BaseCommand):
    """Sets how much an API client may ask."""

    help = "Hold an API client to other limits. Its keys stay as they are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("name", help="the name that the key was made under")
        for limit in ("questions-per-minute", "identifiers-per-day"):
            parser.add_argument(f"--{limit}", type=int, required=True, help="0 for as many as it likes")

    def handle(self, *, name: str, questions_per_minute: int, identifiers_per_day: int, **_: object) -> None:
        """Set the limits."""
        if min(questions_per_minute, identifiers_per_day) < 0:
            raise CommandError("a limit is 0, for none, or more")
        limits = Limits(
            questions_per_minute=questions_per_minute or None, identifiers_per_day=identifiers_per_day or None
        )
        try:
            services.set_limits(name=name, limits=limits, at=timezone.now())
        except AccordantError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The client {name!r} has these limits now.")
