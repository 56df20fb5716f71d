"""`manage.py export_policy [VERSION]`: a version becomes YAML."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from consent.policies.document.writing import write_yaml
from consent.policies.management.versions import find_document_in_force, find_numbered_document


class Command(BaseCommand):
    """Prints one version of a policy as YAML: the one in force, or the one named."""

    help = "Print a policy version as YAML: VERSION (a draft too), or the one in force now."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("version", type=int, nargs="?")
        parser.add_argument("--key", help="the policy, where there are several")

    def handle(self, *, version: int | None, key: str | None, **_: Any) -> None:
        """Print the version.

        :raises CommandError: if there is none, or several that the arguments could mean.
        """
        if version is None:
            document = find_document_in_force(key=key, at=timezone.now())
        else:
            document = find_numbered_document(version, key=key)
        if document is None:
            raise CommandError("no policy is in force: name a version")
        self.stdout.write(write_yaml(document), ending="")
