"""`manage.py erase_subject`: erase the person whom an identifier leads to; it is read from standard input."""

import sys
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from consent.kernel.errors import AccordantError
from consent.subjects import queries, services
from consent.subjects.types import Identifier, IdentifierKind

_KINDS = {kind.value: kind for kind in IdentifierKind}


class Command(BaseCommand):
    """Erases one person. The identifier is no argument: other users of the machine can read those."""

    help = "Erase the person whom KIND:VALUE on standard input leads to, such as email:anna@example.com."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--requested-by",
            required=True,
            help="the request or officer, by number: request:17, officer:3",
        )
        parser.add_argument(
            "--unlinked", action="store_true", help="leave out the subjects that are linked to this one"
        )

    def handle(self, *, requested_by: str, unlinked: bool, **_: object) -> None:
        """Erase the person, and tell which subjects that were.

        :raises CommandError: if the line is no identifier, or leads to nobody.
        """
        try:
            [refs] = queries.find_subjects([[self._read_identifier()]])
            erased = [
                one
                for ref in sorted(refs)
                for one in services.erase_subject(
                    ref=ref, requested_by=requested_by, at=timezone.now(), linked=not unlinked
                )
            ]
        except AccordantError as error:
            raise CommandError(str(error)) from error
        if not refs:
            raise CommandError("the identifier leads to nobody")
        self.stdout.write("\n".join(f"erased {ref}" for ref in erased) or "erased before")

    def _read_identifier(self) -> Identifier:
        name, _, value = sys.stdin.readline().partition(":")
        if name not in _KINDS:
            raise CommandError(f"write KIND:VALUE on standard input; kinds are {', '.join(_KINDS)}")
        return Identifier(_KINDS[name], value)
