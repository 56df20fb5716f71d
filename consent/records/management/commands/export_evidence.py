"""`manage.py export_evidence OUT`: write an evidence pack about one subject or one period."""

import shlex
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from consent.kernel.errors import AccordantError
from consent.kernel.times import read_time
from consent.ledger.queries import get_origin, list_log_keys
from consent.ledger.types import Selection, Stream
from consent.records import services
from consent.records.people import join_linked
from consent.records.services import ExportOrder, ExportPace, ExportReport
from consent.subjects.queries import find_subjects
from consent.subjects.types import Identifier, IdentifierKind, SubjectRef

_SECONDS_BETWEEN_LINES = 1.0
_PATIENCE = [0.25] * 40  # seconds: a living sequencer signs every 200 ms


class Command(BaseCommand):
    """Writes what an auditor needs, and what they check it with."""

    help = (
        "Write an evidence pack to OUT, a folder, or a zip archive where it ends in .zip: all that the ledger"
        " holds of one subject (--subject-of or --ref) or recorded in a period (--from and --to), with proofs"
        " under one checkpoint. Check it with accordant-verify. It is personal data: keep it accordingly."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("out", type=Path)
        about = parser.add_mutually_exclusive_group(required=True)
        about.add_argument(
            "--subject-of",
            metavar="FILE",
            help="identifiers, kind:value on each line; - reads standard input",
        )
        about.add_argument("--ref", metavar="SUBJECT_REF", help="the subject's pseudonym")
        about.add_argument("--from", dest="since", metavar="TIME", help="recorded then or later, with --to")
        parser.add_argument("--to", metavar="TIME", help="recorded before then; not in the future")
        parser.add_argument("--linked", action="store_true", help="subjects linked to that one now, too")
        parser.add_argument("--stream", choices=[one.value for one in Stream], help="of a period, only these")
        parser.add_argument("--receipts", action="store_true", help="a receipt for each choice, too")
        parser.add_argument("--reveal", action="store_true", help="open private parts; needs --reason")
        parser.add_argument("--reason", help="why they are opened, for the ledger; no personal data")
        parser.add_argument("--overwrite", action="store_true", help="take the place of a pack of that name")

    def handle(self, *_: Any, out: Path, overwrite: bool, **options: Any) -> None:
        """Write the pack and tell what is in it.

        :raises CommandError: if the command line will not do, or the pack cannot be written.
        """
        at = timezone.now()
        try:
            order = ExportOrder(
                selection=_select(options, at),
                with_receipts=options["receipts"],
                reveal_reason=_read_reason(options),
            )
            pace = ExportPace(patience=_PATIENCE, wait=time.sleep, progress=self._progress())
            report = services.export_evidence(target=out, order=order, at=at, overwrite=overwrite, pace=pace)
        except AccordantError as refusal:
            raise CommandError(f"nothing written: {refusal}") from refusal
        except OSError as error:
            raise CommandError(f"nothing written: {error.filename or out}: {error.strerror}") from error
        self._tell(out, report, order)

    def _progress(self) -> Callable[[int, int], None]:
        """Return what tells, now and then, how many entries are done."""
        told_at = time.monotonic()

        def tell(done: int, total: int) -> None:
            nonlocal told_at
            if time.monotonic() - told_at >= _SECONDS_BETWEEN_LINES or done == total:
                told_at = time.monotonic()
                self.stderr.write(f"{done:,} of {total:,} entries")

        return tell

    def _tell(self, out: Path, report: ExportReport, order: ExportOrder) -> None:
        self.stdout.write(f"{report.entries:,} entries, under a checkpoint of {report.size:,} leaves")
        if order.with_receipts:
            self.stdout.write(f"{report.receipts:,} receipts")
        if report.without_terms:
            self.stdout.write(f"{report.without_terms:,} choices older than the first policy have no receipt")
        if order.reveal_reason is not None:
            self.stdout.write(f"{report.revealed:,} private parts opened")
        if report.unreadable:
            self.stdout.write(f"{report.unreadable:,} private parts stay sealed: their keys are destroyed")
        options = ["--key", list_log_keys()[0].verify_key, "--origin", get_origin()]
        self.stdout.write("check it: " + shlex.join(["accordant-verify", "pack", str(out), *options]))


def _select(options: dict[str, Any], at: datetime) -> Selection:
    """Return what the command line asks for.

    :raises CommandError: if it asks for two things at once, or for nobody.
    """
    if options["since"] is not None:
        if options["to"] is None or options["linked"]:
            raise CommandError("a period has --from and --to, and no --linked")
        since, until = _read_moment(options["since"]), _read_moment(options["to"])
        stream = Stream(options["stream"]) if options["stream"] else None
        return Selection(recorded_from=since, recorded_until=until, stream=stream)
    if options["to"] is not None or options["stream"] is not None:
        raise CommandError("--to and --stream go with --from: a pack about a subject leaves nothing out")
    refs = {SubjectRef(options["ref"])} if options["ref"] is not None else _find(options["subject_of"])
    return Selection(subject_refs=join_linked(refs, at=at) if options["linked"] else frozenset(refs))


def _find(source: str) -> frozenset[SubjectRef]:
    content = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError("the identifiers are not written in UTF-8") from error
    [refs] = find_subjects([_read_identifiers(text)])
    if not refs:
        raise CommandError("nobody is known by these identifiers")
    return refs


def _read_identifiers(text: str) -> list[Identifier]:
    """Return the identifiers; what is wrong with one is told without it."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        kind, separator, value = line.strip().partition(":")
        if not separator and not kind:
            continue
        if kind not in set(IdentifierKind) or not value:
            raise CommandError(
                f"line {number}: write kind:value, the kind one of {', '.join(IdentifierKind)}"
            )
        found.append(Identifier(IdentifierKind(kind), value))
    return found


def _read_moment(text: str) -> datetime:
    moment = read_time(text)
    if moment is None:
        raise CommandError("a time is written as 2026-01-31T00:00:00Z")
    return moment


def _read_reason(options: dict[str, Any]) -> str | None:
    if options["reveal"] != (options["reason"] is not None):
        raise CommandError("--reveal and --reason go together")
    return options["reason"] if options["reveal"] else None
