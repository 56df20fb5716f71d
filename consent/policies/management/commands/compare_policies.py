"""`manage.py compare_policies BEFORE AFTER`: what differs between two versions, and what that does."""

import argparse
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from consent.kernel.errors import AccordantError
from consent.policies import queries
from consent.policies.diff.comparing import compare
from consent.policies.diff.printing import as_values, write_text


class Command(BaseCommand):
    """Prints the differences between two versions of a policy, drafts too, with their effect in words."""

    help = "Compare two versions of a policy, by their numbers: what differs, and what that does."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("before", type=int)
        parser.add_argument("after", type=int)
        parser.add_argument("--key", help="the policy, where there are several")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *, before: int, after: int, key: str | None, **options: Any) -> None:
        """Print the comparison.

        :raises CommandError: if there is no such version, or several policies that could be meant.
        """
        try:
            comparison = compare(_document(before, key), _document(after, key))
        except AccordantError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(as_values(comparison), ensure_ascii=False, indent=2))
        else:
            self.stdout.write(write_text(comparison), ending="")


def _document(number: int, key: str | None) -> dict[str, Any]:
    version = queries.find_version(number=number, key=key)
    return queries.get_document(version_id=version.version_id) or {}
