"""`revoke_api_key NAME`: end a client, and every key it has, at once."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from activation.checks import services


class Command(BaseCommand):
    """Revokes an API key."""

    help = "End every API key of a client at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("name", help="the name that the key was made under")

    def handle(self, *, name: str, **_: object) -> None:
        """Revoke the key."""
        try:
            services.revoke_key(name=name, at=timezone.now())
        except services.KeyNotFound as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The key {name!r} is revoked.")
