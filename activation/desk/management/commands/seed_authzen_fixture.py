"""`seed_authzen_fixture`: load what the AuthZEN certification scenario asks about, and make a key for it."""

from argparse import ArgumentParser
from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from activation.desk.authzen.fixture import AnotherPolicyPublished, load_fixture, make_fixture_key
from consent.kernel.errors import AccordantError


class Command(BaseCommand):
    """Loads the certification fixture."""

    help = (
        "Put the policy of the AuthZEN certification scenario in force, with its records and its people, and"
        " print a key. For an installation of its own: refused where another policy was published."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--force-new-policy",
            metavar="KEY",
            help="replace the policy KEY, which is published here; everybody it allowed is denied then",
        )
        parser.add_argument("--days", type=int, default=7, help="how long the key is valid (default: 7)")

    def handle(self, *, force_new_policy: str | None, days: int, **_: object) -> None:
        """Load the fixture and print the key on standard output.

        :raises CommandError: if another policy was published here, or something is in the way.
        """
        if days < 1:
            raise CommandError("--days must be 1 or more")
        try:
            policy = load_fixture(replaced_key=force_new_policy, at=timezone.now())
            key = make_fixture_key(valid_for=timedelta(days=days), at=timezone.now())
        except AnotherPolicyPublished as error:
            told = "; or, if it is not needed, name it with --force-new-policy"
            raise CommandError(f"{error}{told}") from error
        except AccordantError as error:
            raise CommandError(str(error)) from error
        self.stderr.write(f"In force: {policy.key}, version {policy.version}, digest {policy.digest}")
        self.stderr.write(f"The key, shown once, valid for {days} days:")
        self.stdout.write(key)
