"""`manage.py export_policy [VERSION]`: a version becomes YAML."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from consent.kernel import canonical
from consent.policies import queries
from consent.policies.document.writing import write_yaml


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
        document = _in_force(key) if version is None else _numbered(version, key)
        self.stdout.write(write_yaml(document), ending="")


def _in_force(key: str | None) -> dict[str, Any]:
    policy = queries.get_policy_in_force(at=timezone.now(), key=key)
    if policy is None:
        raise CommandError("no policy is in force: name a version")
    document: dict[str, Any] = canonical.loads(policy.canonical)
    return document


def _numbered(version: int, key: str | None) -> dict[str, Any]:
    found = [one for one in queries.list_versions(key=key) if one.version == version]
    if len(found) > 1:
        raise CommandError("several policies have that version: add --key")
    document = queries.get_document(version_id=found[0].version_id) if found else None
    if document is None:
        raise CommandError(f"there is no version {version}")
    return document
