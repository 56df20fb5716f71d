"""`manage.py export_policy [VERSION]`: a version becomes YAML."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from consent.kernel.errors import AccordantError
from consent.policies import queries


class Command(BaseCommand):
    """Prints one version of a policy as YAML: the one in force, or the one named."""

    help = "Print a policy version as YAML: VERSION (a draft too), or the one in force now."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("version", type=int, nargs="?")
        parser.add_argument("--key", help="the policy, where there are several")

    def handle(self, *, version: int | None, key: str | None, **_: Any) -> None:
        """Print the version: the file it was imported from or, if rows were edited since, what they say.

        :raises CommandError: if there is none, or several that the arguments could mean.
        """
        policy, number = _in_force(key) if version is None else _numbered(version, key)
        self.stdout.write(queries.get_yaml(key=policy, version=number) or "", ending="")


def _in_force(key: str | None) -> tuple[str, int]:
    policy = queries.get_policy_in_force(at=timezone.now(), key=key)
    if policy is None:
        raise CommandError("no policy is in force: name a version")
    return policy.key, policy.version


def _numbered(version: int, key: str | None) -> tuple[str, int]:
    try:
        found = queries.find_version(number=version, key=key)
    except AccordantError as error:
        raise CommandError(str(error)) from error
    return found.key, found.version
