"""`manage.py simulate_policy DRAFT`: what a draft would change, for everybody or for the people of a list."""

import argparse
import json
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from activation.desk import queries, services
from activation.desk.report import tell_figures
from activation.desk.types import RunSummary
from activation.enforcement.audience.types import AudienceFormat
from activation.enforcement.management.commands.enforce_audience import read_identifier_option
from consent.kernel.errors import AccordantError
from consent.policies.queries import find_version

_SECONDS_BETWEEN_LINES = 1.0


class Command(BaseCommand):
    """Runs a simulation in this process, and prints what it found."""

    help = (
        "Try a draft out on all subjects, or on the people of a list (CSV, NDJSON or Parquet), beside the"
        " policy in force. Changes no decision. Figures of all subjects are attached to the draft."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("draft", type=int, help="the version's number")
        parser.add_argument("--key", help="the policy, where there are several")
        parser.add_argument("--audience", type=Path, metavar="FILE", help="only the people of this list")
        parser.add_argument(
            "--identifier",
            action="append",
            type=read_identifier_option,
            metavar="KIND=COLUMN",
            help="the list's column of an identifier; may be repeated (default: columns named like a kind)",
        )
        parser.add_argument("--format", choices=list(AudienceFormat), help="default: by the extension")
        parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures there as JSON, too")

    def handle(self, *, draft: int, key: str | None, **options: Any) -> None:
        """Simulate, and tell the figures.

        :raises CommandError: if the draft or the list cannot be simulated, or the draft changed meanwhile.
        """
        try:
            run = self._simulate(find_version(number=draft, key=key).version_id, options)
            if options["json"]:
                options["json"].write_text(_to_json(run), encoding="utf-8")
        except AccordantError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"cannot read or write a file: {error.strerror}") from error
        self.stdout.write(tell_figures(run))
        if not run.is_attached and not run.audience:
            raise CommandError(run.error)

    def _simulate(self, version_id: int, options: dict[str, Any]) -> RunSummary:
        run_id = services.begin_simulation(version_id=version_id, audience=_audience(options))
        services.run_simulation(run_id=run_id, at=timezone.now(), progress=self._tell_progress)
        run = queries.get_run(run_id=run_id)
        if run is None or run.figures is None:
            raise CommandError("a worker took this simulation up: see the admin for how far it is")
        return run

    _told_at = 0.0

    def _tell_progress(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done == total or now - self._told_at >= _SECONDS_BETWEEN_LINES:
            self._told_at = now
            self.stderr.write(f"{done:,} of {total:,} subjects")


def _audience(options: dict[str, Any]) -> services.AudienceFile | None:
    path: Path | None = options["audience"]
    if path is None:
        return None
    return services.AudienceFile(
        path=path,
        name=path.name,
        identifiers=dict(options["identifier"]) if options["identifier"] else None,
        format=AudienceFormat(options["format"]) if options["format"] else None,
    )


def _to_json(run: RunSummary) -> str:
    told = {
        "run_id": str(run.run_id),
        "figures": run.figures,
        "figures_digest": run.figures_digest,
        "is_attached": run.is_attached,
        "sample": list(run.sample),
    }
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"
