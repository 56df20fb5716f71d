"""`manage.py report_coverage`: what a run over a list would allow and deny, without running it."""

import json
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from activation.enforcement.audience.types import AudienceFormat
from activation.enforcement.coverage import Coverage, report_coverage
from activation.enforcement.management.commands.enforce_audience import read_identifier_option
from activation.enforcement.wording import tell_reason
from consent.kernel.errors import AccordantError

_SECONDS_BETWEEN_LINES = 1.0


class Command(BaseCommand):
    """Decides every row of a list, and tells the totals."""

    help = (
        "Tell which part of a list (CSV, NDJSON or Parquet) could leave for a purpose and a destination, and"
        " why the rest could not. Writes nothing but the JSON asked for."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--purpose", required=True)
        parser.add_argument("--destination", required=True)
        parser.add_argument("--controller", help="may be left out if the policy has one controller only")
        parser.add_argument("--input", required=True, type=Path)
        parser.add_argument(
            "--identifier",
            action="append",
            type=read_identifier_option,
            metavar="KIND=COLUMN",
            help="the column of an identifier; may be repeated (default: columns named like a kind)",
        )
        parser.add_argument("--format", choices=list(AudienceFormat), help="default: by the extension")
        parser.add_argument("--json", type=Path, metavar="OUT", help="write the report there as JSON, too")

    def handle(self, *_: Any, **options: Any) -> None:
        """Decide, and tell the totals.

        :raises CommandError: if the list cannot be read, or the JSON not written.
        """
        try:
            report = self._report(options)
            if options["json"]:
                options["json"].write_text(_to_json(report), encoding="utf-8")
        except AccordantError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"cannot read or write a file: {error.strerror}") from error
        self.stdout.write(_to_text(report))

    def _report(self, options: dict[str, Any]) -> Coverage:
        return report_coverage(
            purpose=options["purpose"],
            destination=options["destination"],
            controller=options["controller"],
            input_path=options["input"],
            at=timezone.now(),
            identifiers=dict(options["identifier"]) if options["identifier"] else None,
            audience_format=AudienceFormat(options["format"]) if options["format"] else None,
            progress=self._tell_progress,
        )

    _told_at = 0.0

    def _tell_progress(self, rows: int) -> None:
        now = time.monotonic()
        if now - self._told_at >= _SECONDS_BETWEEN_LINES:
            self._told_at = now
            self.stderr.write(f"{rows:,} rows decided")


def _to_json(report: Coverage) -> str:
    told = {**asdict(report), "denied": report.denied, "share_allowed": round(report.share_allowed, 6)}
    return json.dumps(told, default=str, indent=2) + "\n"


def _to_text(report: Coverage) -> str:
    return "\n".join(
        [
            f"{report.purpose} to {report.destination} for {report.controller}: nothing was sent or written",
            f"  policy version {report.policy_version or 'none'}, ledger size {report.watermark:,}",
            f"  {report.rows:>10,} rows",
            f"  {report.allowed:>10,} could leave ({report.share_allowed:.1%})",
            *_tell_reasons(report.allowed_by_reason),
            f"  {report.denied:>10,} could not",
            *_tell_reasons(report.denied_by_reason),
            f"  {report.unreadable:>10,} rows without an identifier that can be read",
            *(
                f"  {report.not_found[kind]:>10,} of {rows:,} {kind} not found"
                for kind, rows in report.identifiers.items()
            ),
        ]
    )


def _tell_reasons(counts: Mapping[str, int]) -> list[str]:
    return [f"  {rows:>10,}   {reason}: {tell_reason(reason)}" for reason, rows in counts.items()]
