"""`manage.py export_fides [VERSION]`: the organisation's terms, and what a policy allows, for Fides."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from consent.policies import queries
from consent.policies.management.versions import find_document_in_force, find_numbered_document
from consent.policies.taxonomy.fides_writing import write_manifest


class Command(BaseCommand):
    """Prints a manifest for Fides: the organisation's terms, and a system for each destination."""

    help = (
        "Print a Fides manifest: the organisation's own terms, and a system for each destination of VERSION "
        "(a draft too), or of the policy in force now if there is one."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("version", type=int, nargs="?")
        parser.add_argument("--key", help="the policy, where there are several")

    def handle(self, *, version: int | None, key: str | None, **_: Any) -> None:
        """Print the manifest.

        :raises CommandError: if there is no such version, or several that the arguments could mean.
        """
        if version is None:
            document = find_document_in_force(key=key, at=timezone.now())
        else:
            document = find_numbered_document(version, key=key)
        self.stdout.write(write_manifest(queries.list_terms(), document), ending="")
