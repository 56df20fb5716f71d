"""`connect_subscription SLUG KIND --settings-file FILE`: have consent changes go somewhere."""

import json
import os
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from activation.changes import services
from activation.changes.kinds import KINDS, SIGNING_SECRET
from consent.kernel.errors import AccordantError


def read_named(text: str) -> tuple[str, str]:
    """Return the two parts of an option `NAME=PLACE`.

    :raises ArgumentTypeError: if it is not of that form.
    """
    name, _, place = text.partition("=")
    if not name or not place:
        raise ArgumentTypeError("write NAME=PLACE")
    return name, place


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
        secrets = {name: _from_environment(variable) for name, variable in options["secret"]}
        secrets |= {name: _from_file(Path(file)) for name, file in options["secret_file"]}
        asked = services.NewSubscription(
            slug=slug,
            title=options["title"] or slug,
            kind=kind,
            settings=_read_settings(options["settings_file"]),
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


def _read_settings(file: Path) -> dict[str, Any]:
    try:
        read = json.loads(file.read_bytes())
    except OSError as error:
        raise CommandError(f"the settings cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise CommandError("the settings are not JSON") from error
    if not isinstance(read, dict):
        raise CommandError("the settings are not one JSON object")
    return read


def _from_environment(variable: str) -> str:
    try:
        return os.environ[variable]
    except KeyError as error:
        raise CommandError(f"there is no environment variable {variable}") from error


def _from_file(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeError) as error:
        raise CommandError("a credential's file cannot be read") from error
