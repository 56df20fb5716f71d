"""`manage.py import_policy FILE`, or `--pack NAME`: a YAML file becomes a draft."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from consent.policies import packs, services
from consent.policies.management.inputs import find_officer, read_text, tell_faults
from consent.policies.services import PolicyRefused
from consent.policies.types import ImportedPolicy


class Command(BaseCommand):
    """Writes the policy in FILE, or a starter pack, as a draft with the next version number.

    Prints its digest.
    """

    help = "Import a policy from a YAML file as a draft. Prints its digest, or every fault and exits 1."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command line."""
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("file", type=Path, nargs="?")
        source.add_argument("--pack", metavar="NAME", help="begin from a starter pack instead of a file")
        source.add_argument("--list-packs", action="store_true", help="name the starter packs")
        parser.add_argument("--author", metavar="USERNAME", help="the officer who answers for the text")
        parser.add_argument("--dry-run", action="store_true", help="check the file and write nothing")

    def handle(
        self,
        *,
        file: Path | None,
        pack: str | None,
        list_packs: bool,
        author: str | None,
        dry_run: bool,
        **_: Any,
    ) -> None:
        """Import the file or the pack.

        :raises CommandError: if it cannot be read, has faults, or no author is named.
        """
        if list_packs:
            self._list_packs()
            return
        text = read_text(file) if file else _read_pack(pack or "")
        if dry_run:
            self._check(text)
            return
        imported = self._import(text, author_id=_author_id(author))
        self.stdout.write(f"{imported.key} version {imported.version} (draft)")
        self.stdout.write(imported.digest)

    def _list_packs(self) -> None:
        for pack in packs.list_packs():
            self.stdout.write(f"{pack.name}: {pack.title}; notices in {', '.join(pack.languages)}")
            self.stdout.write(f"    {pack.summary}")

    def _check(self, text: str) -> None:
        try:
            digest = services.check_policy(text=text)
        except PolicyRefused as refusal:
            raise self._refused(refusal) from refusal
        self.stdout.write(f"no faults; nothing was written\n{digest}")

    def _import(self, text: str, *, author_id: int) -> ImportedPolicy:
        try:
            return services.import_policy(text=text, author_id=author_id, at=timezone.now())
        except PolicyRefused as refusal:
            raise self._refused(refusal) from refusal

    def _refused(self, refusal: PolicyRefused) -> CommandError:
        tell_faults(self.stdout, refusal.faults)
        return CommandError(f"faults: {len(refusal.faults)}; nothing was written")


def _read_pack(name: str) -> str:
    try:
        return packs.read_pack(name)
    except packs.PackNotFound as error:
        raise CommandError(str(error)) from error


def _author_id(username: str | None) -> int:
    if username is None:
        raise CommandError("name the officer who answers for the text: --author USERNAME")
    return find_officer(username)
