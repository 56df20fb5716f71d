"""`manage.py export_fides [VERSION]`: the organisation's terms, and what a policy allows, for Fides."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.policies import queries
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
        document = _in_force(key) if version is None else _numbered(version, key)
        self.stdout.write(write_manifest(queries.list_terms(), document), ending="")


def _in_force(key: str | None) -> dict[str, Any] | None:
    policy = queries.get_policy_in_force(at=timezone.now(), key=key)
    return None if policy is None else canonical.loads(policy.canonical)


def _numbered(version: int, key: str | None) -> dict[str, Any] | None:
    try:
        found = queries.find_version(number=version, key=key)
    except AccordantError as error:
        raise CommandError(str(error)) from error
    return queries.get_document(version_id=found.version_id)
