"""What the commands share that verify one signed file, with no database and no network."""

from abc import ABC, abstractmethod
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from consent.kernel.errors import AccordantError
from consent.kernel.handover import KeyChain
from consent.ledger import services as ledger
from consent.verifier.checks import Check, is_verified
from consent.verifier.command.arguments import add_handovers
from consent.verifier.keys import load_key

WHOSE_KEY = (
    " Exits with 1 if anything fails. Without --key the service's own public key is used: who does not trust"
    " the service passes the log's first key, as it was published, and the notes by which it was handed on."
)


class VerifyCommand(BaseCommand, ABC):
    """Verifies a file by a chain of keys, and prints a line for each check."""

    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file and whose keys are trusted."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--key", help="the log's first verifier key (name+hash+key), or a file with it")
        parser.add_argument("--origin", help="the log's name; default: the key's name")
        add_handovers(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        """Print a line for each check.

        :raises CommandError: if a check failed, or what was asked could not be checked.
        """
        try:
            checks = self.check_file(options["file"].read_bytes(), _chain(options), options)
        except AccordantError as error:
            raise CommandError(f"not verified: {error}") from error
        except OSError as error:
            raise CommandError(f"not verified: {error.filename} cannot be read") from error
        for check in checks:
            self.stdout.write(str(check))
        if not is_verified(checks):
            raise CommandError("not verified")
        self.stdout.write("verified")

    @abstractmethod
    def check_file(self, content: bytes, chain: KeyChain, options: dict[str, Any]) -> list[Check]:
        """Return what was checked of the file; a command says how."""


def _chain(options: dict[str, Any]) -> KeyChain:
    given = options["key"]
    key = ledger.get_signing_key().verify_key if given is None else load_key(given)
    notes = [path.read_bytes() for path in options["handover"]]
    return KeyChain.from_notes(key, notes, options["origin"] or key.name)
