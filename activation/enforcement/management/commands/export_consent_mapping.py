"""`manage.py export_consent_mapping`: who may be read for one question, for a warehouse to load."""

import json
import time
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from activation.decisions.types import Question
from activation.enforcement import queries
from activation.enforcement.warehouse.exporting import Exported, export_mapping
from activation.enforcement.warehouse.types import KEY_KINDS
from consent.kernel.errors import AccordantError

_SECONDS_BETWEEN_LINES = 1.0


class Command(BaseCommand):
    """Writes the consent mapping of one purpose at one destination."""

    help = (
        "Decide everybody on record for one purpose at one destination, and write the keys of those who may"
        " be read to OUTPUT (.csv, .ndjson or .parquet). It is pseudonymous personal data: keep it closed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--purpose", required=True)
        parser.add_argument("--destination", required=True)
        parser.add_argument("--controller", help="may be left out if the policy has one controller only")
        parser.add_argument(
            "--key",
            required=True,
            choices=sorted(KEY_KINDS),
            help="what the warehouse's key columns hold: the blind index of an identifier, or subject_ref",
        )
        parser.add_argument("--output", required=True, type=Path)
        parser.add_argument("--overwrite", action="store_true", help="replace an output that is there")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *_: Any, **options: Any) -> None:
        """Export, and tell what the file holds.

        :raises CommandError: if the export is refused, or fails.
        """
        try:
            exported = self._export(options)
        except AccordantError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"the export failed and wrote nothing: {error.strerror}") from error
        self.stdout.write(_to_json(exported) if options["json"] else _to_text(exported))

    def _export(self, options: dict[str, Any]) -> Exported:
        at = timezone.now()
        return export_mapping(
            question=Question(
                purpose=options["purpose"],
                destination=options["destination"],
                controller=options["controller"] or queries.get_only_controller(at=at),
            ),
            key_kind=options["key"],
            output=options["output"].resolve(),
            at=at,
            overwrite=options["overwrite"],
            progress=self._tell_progress,
        )

    _told_at = 0.0

    def _tell_progress(self, keys: int) -> None:
        now = time.monotonic()
        if now - self._told_at >= _SECONDS_BETWEEN_LINES:
            self._told_at = now
            self.stderr.write(f"{keys:,} keys decided")


def _to_json(exported: Exported) -> str:
    return json.dumps(asdict(exported), default=str, indent=2)


def _to_text(exported: Exported) -> str:
    return "\n".join(
        [
            f"decided at {exported.decided_at.isoformat()}, watermark {exported.watermark},"
            f" policy version {exported.policy_version or 'none'} {exported.policy_digest}".rstrip(),
            f"  {exported.keys:>10,} keys decided",
            f"  {exported.allowed:>10,} may be read",
            f"  output {exported.output} (pseudonymous personal data: keep it closed)",
        ]
    )
