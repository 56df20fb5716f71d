"""`manage.py enforce_audience`: let those rows of a file leave that may."""

import json
import os
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from activation.enforcement import queries, services
from activation.enforcement.audience.asking.opening import open_query
from activation.enforcement.audience.reading import open_audience
from activation.enforcement.audience.types import Audience, AudienceFormat
from activation.enforcement.parents import read_parent
from activation.enforcement.types import DeliveryState, RunResult, Stage, Watcher
from consent.kernel.errors import AccordantError
from consent.subjects.types import SUBJECT_REF, IdentifierKind

_SECONDS_BETWEEN_LINES = 1.0
_DONE = {stage: "handed over" if stage is Stage.HANDING_OVER else "read" for stage in Stage}


def read_identifier_option(text: str) -> tuple[str, str]:
    """Return the kind, or `subject_ref`, and the column that an option `KIND=COLUMN` names.

    :raises ArgumentTypeError: if it is not of that form.
    """
    kind, _, column = text.partition("=")
    if kind not in {*IdentifierKind, SUBJECT_REF} or not column:
        kinds = ", ".join((*IdentifierKind, SUBJECT_REF))
        raise ArgumentTypeError(f"write KIND=COLUMN, the kind one of {kinds}")
    return kind, column


def add_parent_option(parser: ArgumentParser) -> None:
    """Declare the option that names the run which this one is a part of."""
    parser.add_argument(
        "--parent-run",
        default=os.environ.get("OPENLINEAGE_PARENT_ID", ""),
        metavar="NAMESPACE/NAME/RUN_ID",
        help="the run that this one is a part of, for lineage (default: OPENLINEAGE_PARENT_ID)",
    )


class Command(BaseCommand):
    """Decides every row of an audience; writes the allowed ones with their manifest and evidence."""

    help = (
        "Decide every row of a file (CSV, NDJSON or Parquet) and write the allowed ones, in the same format."
        " Beside OUTPUT lie OUTPUT.manifest.json, signed, and OUTPUT.evidence, which is pseudonymous personal"
        " data: keep it closed. A run that cannot finish writes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--purpose", required=True)
        parser.add_argument("--destination", required=True)
        rows = parser.add_mutually_exclusive_group(required=True)
        rows.add_argument("--input", type=Path, help="a CSV, NDJSON or Parquet file")
        rows.add_argument("--query", type=Path, help="a file with one query, to be asked of --source")
        parser.add_argument("--source", help="one of the sources that the operator configured")
        parser.add_argument("--output", required=True, type=Path)
        parser.add_argument("--controller", help="may be left out if the policy has one controller only")
        parser.add_argument(
            "--identifier",
            action="append",
            type=read_identifier_option,
            metavar="KIND=COLUMN",
            help="the column of an identifier; may be repeated (default: columns named like a kind)",
        )
        parser.add_argument("--format", choices=list(AudienceFormat), help="default: by the extension")
        parser.add_argument("--audience", help="what the destination calls it (default: the output's name)")
        add_parent_option(parser)
        parser.add_argument("--overwrite", action="store_true", help="replace an output that is there")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run, and tell the result.

        :raises CommandError: if the run is refused, or fails.
        """
        try:
            result = self._enforce(options)
        except AccordantError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"the run failed and delivered nothing: {error.strerror}") from error
        self.stdout.write(result_as_json(result) if options["json"] else result_as_text(result))

    def _enforce(self, options: dict[str, Any]) -> RunResult:
        at = timezone.now()
        return services.enforce_audience(
            purpose=options["purpose"],
            destination=options["destination"],
            controller=options["controller"] or queries.get_only_controller(at=at),
            input_path=_open(options),
            output_path=options["output"],
            at=at,
            identifiers=dict(options["identifier"]) if options["identifier"] else None,
            audience_name=options["audience"],
            overwrite=options["overwrite"],
            progress=Watcher(
                rows=self._tell_rows,
                stage=self._tell_stage,
                parent=read_parent(options["parent_run"]),
            ),
        )

    _told_at = 0.0
    _stage = Stage.READING

    def _tell_stage(self, stage: Stage) -> None:
        self._stage, self._told_at = stage, 0.0
        self.stderr.write(f"{stage} …")

    def _tell_rows(self, rows: int) -> None:
        now = time.monotonic()
        if now - self._told_at >= _SECONDS_BETWEEN_LINES:
            self._told_at = now
            self.stderr.write(f"{rows:,} rows {_DONE[self._stage]}")


def _open(options: dict[str, Any]) -> Audience:
    """Return the audience that the options name.

    :raises CommandError: if they do not go together.
    """
    if options["query"] is None:
        form = AudienceFormat(options["format"]) if options["format"] else None
        return open_audience(options["input"].resolve(), form)
    if options["source"] is None:
        raise CommandError("--query needs --source: the name of what it is asked of")
    return open_query(query=options["query"], source=options["source"])


def result_as_json(result: RunResult) -> str:
    """Return the result for programs."""
    return json.dumps(asdict(result), default=str, indent=2)


def result_as_text(result: RunResult) -> str:
    """Return the result for people."""
    denied = sorted(result.denied_by_reason.items(), key=lambda pair: (-pair[1], pair[0]))
    return "\n".join(
        [
            f"{result.purpose} to {result.destination} for {result.controller}, run {result.run_id}",
            f"  policy version {result.policy_version or 'none'} {result.policy_digest}".rstrip(),
            f"  {result.rows_in:>10,} rows in",
            f"  {result.allowed:>10,} allowed",
            f"  {result.denied:>10,} denied",
            *(f"  {rows:>10,}   {reason}" for reason, rows in denied),
            *_tell_delivery(result),
            f"  output   {result.output}",
            f"  manifest {result.manifest}",
            f"  evidence {result.evidence} (pseudonymous personal data: keep it closed)",
        ]
    )


def _tell_delivery(result: RunResult) -> Iterator[str]:
    if result.canaries:
        yield f"  {result.canaries:>10,} rows of canaries were hidden among them, each denied"
    else:
        yield "  no canary was among the rows: none can be placed in such a run"
    if result.delivery == DeliveryState.ACKNOWLEDGED:
        yield f"  handed over to {result.destination}, acknowledged as {result.delivery_reference}"
    if result.pulled_back:
        yield f"  {result.pulled_back:,} rows taken out again: people changed meanwhile"
