"""`manage.py import_fides FILE`: a Fides user's terms move over, and their systems begin a policy."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from consent.policies import curating, queries
from consent.policies.document.reading import read_yaml
from consent.policies.document.validation import validate
from consent.policies.management.inputs import find_officer, read_text, tell_faults
from consent.policies.taxonomy.fides_manifest import Manifest, ManifestRefused
from consent.policies.taxonomy.fides_reading import read_manifest
from consent.policies.taxonomy.skeleton import write_skeleton


class Command(BaseCommand):
    """Writes the terms in FILE beside fideslang's, and begins a policy from its systems if asked to."""

    help = (
        "Import data uses, categories and subjects from a Fides manifest. "
        "With --policy and --output, begin a policy's YAML from what its systems declare."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--author", metavar="USERNAME", help="the officer who answers for the terms")
        parser.add_argument("--policy", metavar="KEY", help="what to call the policy that is begun")
        parser.add_argument("--output", metavar="FILE", type=Path, help="where to write that policy")
        parser.add_argument("--replace", action="store_true", help="overwrite what officers wrote, too")
        parser.add_argument("--dry-run", action="store_true", help="tell what would be done, and do nothing")

    def handle(self, *, file: Path, policy: str | None, output: Path | None, **options: Any) -> None:
        """Import the file.

        :raises CommandError: if it cannot be read or has faults, or if the arguments do not fit together.
        """
        text = read_text(file)
        manifest = self._read(text)
        _check_output(policy, output, manifest)
        self._import(text, file.name, **options)
        self._tell_left_out(manifest, has_output=output is not None)
        if policy is not None and output is not None:
            self._begin(policy, output, manifest, dry_run=options["dry_run"])

    def _read(self, text: str) -> Manifest:
        try:
            return read_manifest(text, queries.get_vocabulary())
        except ManifestRefused as refusal:
            tell_faults(self.stdout, refusal.faults)
            raise CommandError(f"faults: {len(refusal.faults)}; nothing was written") from refusal

    def _import(
        self, text: str, name: str, *, author: str | None, replace: bool, dry_run: bool, **_: Any
    ) -> None:
        officer_id = None if author is None else find_officer(author)
        if dry_run:
            counts = curating.check_terms(text=text, replace=replace)
        else:
            counts = curating.import_terms(
                text=text, file=name, at=timezone.now(), officer_id=officer_id, replace=replace
            )
        told = ", ".join(f"{count} {outcome}" for outcome, count in asdict(counts).items())
        self.stdout.write(f"terms: {told}{' (a dry run: nothing was written)' if dry_run else ''}")
        if counts.kept:
            self.stdout.write("kept: an officer changed them since; --replace overwrites them")

    def _tell_left_out(self, manifest: Manifest, *, has_output: bool) -> None:
        left_out = dict(manifest.left_out)
        if manifest.systems and not has_output:
            left_out["system"] = len(manifest.systems)
        for section, count in sorted(left_out.items()):
            advice = ": begin a policy with --policy KEY --output FILE" if section == "system" else ""
            self.stdout.write(f"not carried over: {section}, {count}{advice}")

    def _begin(self, policy: str, output: Path, manifest: Manifest, *, dry_run: bool) -> None:
        vocabulary = queries.get_vocabulary()
        if dry_run:
            vocabulary = vocabulary.with_terms(manifest.terms)
        skeleton = write_skeleton(policy, manifest.systems, vocabulary)
        faults = validate(read_yaml(skeleton), vocabulary)
        if not dry_run:
            _write(output, skeleton)
            self.stdout.write(f"{output}: a policy without rules, so everything is denied")
        self.stdout.write(f"to fill in: {len(faults)}")
        tell_faults(self.stdout, faults)


def _check_output(policy: str | None, output: Path | None, manifest: Manifest) -> None:
    if (policy is None) != (output is None):
        raise CommandError("--policy KEY and --output FILE go together")
    if output is not None and output.exists():
        raise CommandError(f"{output} is there already: name a file that is not")
    if policy is not None and not any(system.declarations for system in manifest.systems):
        raise CommandError("no system in the file declares a use of data, so there is no policy to begin")


def _write(output: Path, text: str) -> None:
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise CommandError(
            f"{output} cannot be written: {error.strerror}; the terms were imported"
        ) from error
