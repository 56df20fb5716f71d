"""`manage.py export_policy [VERSION]`: a version becomes YAML."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from consent.policies import queries


class Command(BaseCommand):
    """Prints one version of a policy as YAML: the one in force, or the one named."""

    help = "Print a policy version as YAML: VERSION (a draft too), or the one in force now."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("version", type=int, nargs="?")
        parser.add_argument("--key", help="the policy, where there are several")

    def handle(self, *, version: int | None, key: str | None, **_: Any) -> None:
        """Print the version: the file it was imported from, or if rows were edited since, what they say.

        :raises CommandError: if there is none, or several that the arguments could mean.
        """
        number, named = _in_force(key) if version is None else (version, _key_of(version, key))
        self.stdout.write(queries.get_yaml(key=named, version=number) or "", ending="")


def _in_force(key: str | None) -> tuple[int, str]:
    policy = queries.get_policy_in_force(at=timezone.now(), key=key)
    if policy is None:
        raise CommandError("no policy is in force: name a version")
    return policy.version, policy.key


def _key_of(version: int, key: str | None) -> str:
    found = [one.key for one in queries.list_versions(key=key) if one.version == version]
    if len(found) > 1:
        raise CommandError("several policies have that version: add --key")
    if not found:
        raise CommandError(f"there is no version {version}")
    return found[0]
