"""`rotate_api_key NAME`: give a client a new key while the old one still works for a while."""

from argparse import ArgumentParser
from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from activation.checks import services
from consent.kernel.errors import AccordantError


class Command(BaseCommand):
    """Rotates an API key."""

    help = "Make a client's next API key and print it. Those it has end with the overlap."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("name", help="the name that the key was made under")
        parser.add_argument(
            "--overlap-hours",
            type=float,
            default=24,
            help="how long the old key works beside the new one (default: 24); 0 ends it at once",
        )
        parser.add_argument(
            "--days", type=int, default=90, help="how long the new one is valid (default: 90)"
        )

    def handle(self, *, name: str, overlap_hours: float, days: int, **_: object) -> None:
        """Print the new key on standard output, and when the old one ends on standard error."""
        if days < 1:
            raise CommandError("--days must be 1 or more")
        if not 0 <= overlap_hours <= 24 * 366:
            raise CommandError("--overlap-hours must be 0 or more, and no longer than a year")
        now, overlap = timezone.now(), timedelta(hours=overlap_hours)
        try:
            made = services.rotate_key(name=name, at=now, overlap=overlap, valid_for=timedelta(days=days))
        except AccordantError as error:
            raise CommandError(str(error)) from error
        self.stderr.write(f"The old key ends at {now + overlap:%Y-%m-%d %H:%M} UTC, if not before.")
        self.stdout.write(made.key)
