"""`manage.py hand_over_key`: from the next checkpoint on, another key signs the ledger."""

import base64
import os
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from consent.kernel.errors import AccordantError
from consent.kernel.signing import SigningKey
from consent.ledger.services import hand_over_key

_NAME = "ACCORDANT_NEXT_SIGNING_NAME"
_KEY = "ACCORDANT_NEXT_SIGNING_KEY"


class Command(BaseCommand):
    """Lets the configured key hand over to the next one. Both sign the note, which every verifier follows."""

    help = (
        f"Hand the signing over to the key in {_KEY} (or {_KEY}_FILE; 32 random bytes in base64) under"
        f" the name in {_NAME}. Then put both in the place of ACCORDANT_SIGNING_KEY and _NAME, and"
        " restart the sequencer, the web process and the worker."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the option."""
        parser.add_argument("--output", type=Path, help="write the note to this file too")

    def handle(self, *, output: Path | None, **_: object) -> None:
        """Hand over, and print the note and the new key.

        :raises CommandError: if there is no next key, or the configured key does not sign this ledger.
        """
        try:
            to = SigningKey.from_seed(_read(_NAME), base64.b64decode(_read(_KEY), validate=True))
            note = hand_over_key(to=to)
        except (AccordantError, ValueError) as error:
            raise CommandError(f"not handed over: {error}") from error
        if output:
            output.write_bytes(note)
        self.stdout.write(note.decode())
        self.stdout.write(f"new key      {to.verify_key.text}")
        self.stdout.write(f"fingerprint  {to.verify_key.fingerprint}")


def _read(name: str) -> str:
    """Return the variable, or the content of the file that `name`_FILE names.

    :raises CommandError: if neither is set.
    """
    file = os.environ.get(f"{name}_FILE")
    value = Path(file).read_text().strip() if file else os.environ.get(name, "")
    if not value:
        raise CommandError(f"set {name}, or {name}_FILE with the path of a file that holds it")
    return value
