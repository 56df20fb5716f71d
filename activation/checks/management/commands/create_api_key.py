"""`create_api_key NAME --scope check`: make a caller's key and show it once."""

from argparse import ArgumentParser
from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from activation.checks import services
from activation.checks.types import Scope


class Command(BaseCommand):
    """Makes an API key."""

    help = "Make an API key and print it. It is kept only as a hash: nobody can show it again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("name", help="whose key it is, such as the calling system")
        parser.add_argument(
            "--scope", action="append", required=True, choices=[*Scope], help="may be given several times"
        )
        parser.add_argument("--days", type=int, default=90, help="how long it is valid (default: 90)")

    def handle(self, *, name: str, scope: list[str], days: int, **_: object) -> None:
        """Print the key on standard output."""
        if days < 1:
            raise CommandError("--days must be 1 or more")
        scopes = [Scope(given) for given in scope]
        try:
            key = services.create_key(
                name=name, scopes=scopes, valid_for=timedelta(days=days), at=timezone.now()
            )
        except services.KeyNameTaken as error:
            raise CommandError(str(error)) from error
        self.stdout.write(key)
