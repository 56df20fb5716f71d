"""`manage.py verify_manifest FILE`: check a run's files, with no database and no network."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from activation.enforcement import services
from consent.kernel.errors import AccordantError
from consent.kernel.handover import KeyChain
from consent.verifier.checks import Check
from consent.verifier.keys import load_key
from consent.verifier.manifests.verification import Claim, verify_run


class Command(BaseCommand):
    """Verifies a manifest, and what lies beside it."""

    help = (
        "Verify a run's manifest, and the output and the evidence beside it where they are. Exits with 1 if"
        " anything fails. Without --key the service's own public key is used: who does not trust the service"
        " passes the key that was published."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file and the options."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--key", help="verifier key (name+hash+key), or a file that holds it")
        parser.add_argument("--output", type=Path, help="default: beside the manifest")
        parser.add_argument("--evidence", type=Path, help="default: beside the manifest")
        claim = parser.add_mutually_exclusive_group()
        claim.add_argument("--present", metavar="ID", help="kind:value was in the rows that left")
        claim.add_argument("--absent", metavar="ID", help="kind:value was in none of the rows that left")

    def handle(self, *_: Any, **options: Any) -> None:
        """Print a line for each check.

        :raises CommandError: if a check failed, or what was asked could not be checked.
        """
        try:
            failed = [check for check in self._tell(_check_all(options)) if check.passed is False]
        except AccordantError as error:
            raise CommandError(f"not verified: {error}") from error
        except OSError as error:
            raise CommandError(f"not verified: {error.filename} cannot be read") from error
        if failed:
            raise CommandError("not verified")
        self.stdout.write("verified")

    def _tell(self, checks: Iterator[Check]) -> Iterator[Check]:
        for check in checks:
            self.stdout.write(str(check))
            yield check


def _check_all(options: dict[str, Any]) -> Iterator[Check]:
    present, absent = options["present"], options["absent"]
    named = absent if present is None else present
    claim = None if named is None else Claim(identifier=named, present=present is not None)
    return verify_run(
        options["file"],
        _trust(options["key"]),
        output=options["output"],
        evidence=options["evidence"],
        claim=claim,
    )


def _trust(given: str | None) -> KeyChain:
    key = services.signing_key().verify_key if given is None else load_key(given)
    return KeyChain(key.name, key)
