"""`connect_subscription SLUG KIND --settings-file FILE`: have consent changes go somewhere."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from activation.changes import services
from activation.changes.kinds import KINDS, SIGNING_SECRET
from activation.destinations.management.told import read_named, read_secrets, read_settings_file
from consent.kernel.errors import AccordantError


class Command(BaseCommand):
    """Connects a subscription. A credential is never an argument: other processes can read those."""

    help = (
        "Have consent changes go to a webhook, or into a compacted topic: settings from a JSON file, each"
        " credential from the environment or a file. One that is there is connected anew, and goes on where"
        " it was; every credential is needed anew."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("slug")
        parser.add_argument("kind", choices=sorted(KINDS))
        parser.add_argument("--title", help="left out: the slug")
        parser.add_argument(
            "--settings-file", required=True, type=Path, metavar="FILE", help="a JSON file with one object"
        )
        for name, place in (("secret", "VARIABLE"), ("secret-file", "FILE")):
            parser.add_argument(
                f"--{name}",
                action="append",
                default=[],
                type=read_named,
                metavar=f"NAME={place}",
                help=f"the credential NAME is in that {place.lower()}; may be repeated",
            )
        parser.add_argument(
            "--purpose", action="append", default=[], help="only changes for it; may be repeated"
        )
        parser.add_argument("--from", type=int, metavar="INDEX", dest="position", help="where to begin")
        parser.add_argument("--by", default="command line", help="whose doing it is, for the ledger")

    def handle(self, *_: Any, slug: str, kind: str, **options: Any) -> None:
        """Connect it.

        :raises CommandError: if it is refused, or a file or variable cannot be read.
        """
        secrets = read_secrets(options["secret"], options["secret_file"])
        asked = services.NewSubscription(
            slug=slug,
            title=options["title"] or slug,
            kind=kind,
            settings=read_settings_file(options["settings_file"]),
            secrets=secrets,
            purposes=options["purpose"],
            position=options["position"],
        )
        try:
            made = services.connect_subscription(
                asked=asked, changed_by=options["by"], at=timezone.now(), in_place=True
            )
        except AccordantError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{slug} is connected. Try it: check_subscription {slug}")
        if made:
            self.stdout.write(f"Its {SIGNING_SECRET}, shown this once: {made}")
