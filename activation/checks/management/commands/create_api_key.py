"""`create_api_key NAME --scope check`: make a client with its first key, and show the key once."""

from argparse import ArgumentParser
from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from activation.checks import services
from activation.checks.types import Limits, Scope
from consent.kernel.errors import AccordantError

DEFAULTS = Limits()


class Command(BaseCommand):
    """Makes an API client and its key."""

    help = "Make an API key and print it. It is kept only as a hash: nobody can show it again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("name", help="whose key it is, such as the calling system")
        parser.add_argument(
            "--scope",
            action="append",
            required=True,
            help=f"{', '.join(Scope)}, or {Scope.CONSENTS_WRITE}:<purpose>; may be given several times",
        )
        parser.add_argument("--days", type=int, default=90, help="how long it is valid (default: 90)")
        parser.add_argument(
            "--test", action="store_true", help="answer it from the example data only; it can write nothing"
        )
        parser.add_argument(
            "--questions-per-minute",
            type=int,
            default=DEFAULTS.questions_per_minute,
            help=f"0 for as many as it likes (default: {DEFAULTS.questions_per_minute:,} in each process)",
        )
        parser.add_argument(
            "--identifiers-per-day",
            type=int,
            default=DEFAULTS.identifiers_per_day,
            help="how many different ones it may ask about; 0 for as many as it likes"
            f" (default: {DEFAULTS.identifiers_per_day:,})",
        )

    def handle(self, *, name: str, scope: list[str], days: int, test: bool, **options: int) -> None:
        """Print the key on standard output."""
        questions, identifiers = options["questions_per_minute"], options["identifiers_per_day"]
        if days < 1:
            raise CommandError("--days must be 1 or more")
        if min(questions, identifiers) < 0:
            raise CommandError("a limit is 0, for none, or more")
        try:
            made = services.make_client(
                name=name,
                scopes=scope,
                at=timezone.now(),
                valid_for=timedelta(days=days),
                limits=Limits(
                    questions_per_minute=questions or None, identifiers_per_day=identifiers or None
                ),
                is_test=test,
            )
        except AccordantError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(made.key)
