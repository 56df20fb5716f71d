"""`connect_destination SLUG KIND --settings-file FILE --secret NAME=ENVVAR`: say how runs deliver there."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from activation.destinations import queries, services
from activation.destinations.management.told import read_named, read_secrets, read_settings_file
from consent.kernel.errors import AccordantError


class Command(BaseCommand):
    """Connects a destination. A credential is never an argument: other processes can read those."""

    help = (
        "Connect a destination by one of the kinds: its settings from a JSON file, each credential from the"
        " environment or a file. In place of how it was connected before; every credential is needed anew."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("slug")
        parser.add_argument("kind", choices=sorted(queries.list_kinds()))
        parser.add_argument(
            "--settings-file", required=True, type=Path, metavar="FILE", help="a JSON file with one object"
        )
        parser.add_argument(
            "--secret",
            action="append",
            default=[],
            type=read_named,
            metavar="NAME=VARIABLE",
            help="the credential NAME is in that environment variable; may be repeated",
        )
        parser.add_argument(
            "--secret-file",
            action="append",
            default=[],
            type=read_named,
            metavar="NAME=FILE",
            help="the credential NAME is in that file, less a line end; may be repeated",
        )
        parser.add_argument("--by", default="command line", help="whose doing it is, for the ledger")

    def handle(self, *_: Any, slug: str, kind: str, **options: Any) -> None:
        """Connect it.

        :raises CommandError: if it is refused, or a file or variable cannot be read.
        """
        secrets = read_secrets(options["secret"], options["secret_file"])
        try:
            services.connect_destination(
                slug=slug,
                connector=kind,
                settings=read_settings_file(options["settings_file"]),
                secrets=secrets,
                changed_by=options["by"],
                at=timezone.now(),
            )
        except AccordantError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{slug} is connected by {kind}. Try it: check_destination {slug}")
