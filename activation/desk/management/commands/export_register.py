"""`manage.py export_register`: the record of processing activities as a file."""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from activation.desk.register.forms import FORMS
from activation.desk.register.queries import OBSERVED_DAYS, get_register
from activation.desk.register.types import ProcessingRegister, Weight
from consent.kernel.errors import AccordantError
from consent.kernel.times import read_time

_WORDS = {Weight.URGENT: "urgent", Weight.CHECK: "to check", Weight.NOTE: "to note"}


class Command(BaseCommand):
    """Writes the register, and tells what is in it."""

    help = (
        "Write the record of processing activities (Art. 30(1) GDPR), derived from the policy in force, the"
        " destinations, officers' notes and what lineage has seen."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--format", required=True, choices=list(FORMS))
        parser.add_argument("--output", required=True, type=Path, metavar="FILE")
        parser.add_argument(
            "--at", metavar="TIME", help="as of then, such as 2026-01-31T00:00:00Z (default: now)"
        )
        parser.add_argument(
            "--days",
            type=int,
            default=OBSERVED_DAYS,
            help=f"what was seen longer ago counts as not seen lately (default: {OBSERVED_DAYS})",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Write the file whole, or not at all.

        :raises CommandError: if the time or the days make no sense, no policy was in force, or the file
            cannot be written.
        """
        now = timezone.now()
        if not 1 <= options["days"] <= 36_500:
            raise CommandError("days is a number from 1 to 36500")
        try:
            at = _read_time(options["at"], now)
            register = get_register(at=at, generated_at=now, days=options["days"])
            _write(options["output"], FORMS[options["format"]].write(register))
        except AccordantError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"cannot write the file: {error.strerror}") from error
        self.stdout.write(_tell(register))


def _read_time(text: str | None, now: datetime) -> datetime:
    if text is None:
        return now
    at = read_time(text)
    if at is None:
        raise CommandError("at is a moment with its offset, such as 2026-01-31T00:00:00Z")
    if at > now:
        raise CommandError("at lies ahead: ask for a time that is over")
    return at


def _write(path: Path, content: bytes) -> None:
    partial = path.with_name(f"{path.name}.{uuid4().hex}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _tell(register: ProcessingRegister) -> str:
    weights = [one.weight for one in register.differences]
    counted = ", ".join(f"{weights.count(weight):,} {_WORDS[weight]}" for weight in Weight)
    return (
        f"policy {register.policy.key} {register.policy.version}, as of {register.at:%Y-%m-%d %H:%M:%S} UTC\n"
        f"  {len(register.entries):,} entries\n"
        f"  {register.gaps:,} things for the controllers to fill in\n"
        f"  {len(weights):,} differences: {counted}"
    )
