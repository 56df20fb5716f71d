"""`manage.py invalidate_collected`: invalidate what a form or a notice version collected."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from consent.kernel.errors import AccordantError
from consent.kernel.times import read_time
from consent.records import services
from consent.records.types import Collected


class Command(BaseCommand):
    """Counts the grants, asks for the number, and writes an officer's record for each."""

    help = (
        "Invalidate every grant that a form or a notice version collected. With --dry-run, only count them. "
        "Run again after it was cut short: with --run ID it goes on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--form", default="", help="the form that collected them")
        parser.add_argument("--notice", default="", help="the notice that was shown, with --notice-version")
        parser.add_argument("--notice-version", type=int)
        parser.add_argument("--controller", default="", help="only grants to this controller")
        parser.add_argument("--from", dest="since", metavar="TIME", help="collected at this time or later")
        parser.add_argument("--until", metavar="TIME", help="collected before this time")
        parser.add_argument("--reason", default="", help="why, in words; no personal data")
        parser.add_argument("--officer", metavar="USERNAME", help="who decided it")
        parser.add_argument("--expect", type=int, metavar="N", help="how many: goes on without asking")
        parser.add_argument("--run", type=int, metavar="ID", help="go on with a run that was cut short")
        parser.add_argument("--dry-run", action="store_true", help="count, and change nothing")

    def handle(self, *_: Any, run: int | None, dry_run: bool, **options: Any) -> None:
        """Count, confirm, invalidate.

        :raises CommandError: if the criteria or the reason will not do, or the number is not confirmed.
        """
        try:
            if run is not None:
                self._finish(run)
                return
            criteria = _read_criteria(options)
            counted = services.count_collected(criteria)
            self.stdout.write(f"{counted:,} grants match")
            if not dry_run:
                self._start(criteria, counted, options)
        except AccordantError as refusal:
            raise CommandError(str(refusal)) from refusal

    def _start(self, criteria: Collected, counted: int, options: dict[str, Any]) -> None:
        run = services.start_invalidation(
            criteria=criteria,
            officer_id=_officer_id(options["officer"]),
            reason=options["reason"],
            expected_count=_confirmed(counted, options["expect"]),
            at=timezone.now(),
        )
        self.stdout.write(f"run {run}")
        self._finish(run)

    def _finish(self, run: int) -> None:
        finished = False
        while not finished:
            progress = services.continue_invalidation(run_id=run, at=timezone.now())
            finished = progress.finished
            self.stderr.write(f"{progress.done:,} of {progress.counted:,}")
        self.stdout.write(f"{progress.done:,} grants invalidated")


def _read_criteria(options: dict[str, Any]) -> Collected:
    return Collected(
        form=options["form"],
        notice=options["notice"],
        notice_version=options["notice_version"],
        controller=options["controller"],
        collected_from=_time(options["since"]),
        collected_until=_time(options["until"]),
    )


def _time(text: str | None) -> datetime | None:
    moment = read_time(text) if text else None
    if text and moment is None:
        raise CommandError("a time is written as 2026-01-31T00:00:00Z")
    return moment


def _officer_id(name: str | None) -> int | None:
    if name is None:
        return None
    found = get_user_model().objects.filter(username=name).order_by("pk").first()
    if found is None:
        raise CommandError("there is no such officer")
    return found.pk


def _confirmed(counted: int, expected: int | None) -> int:
    """Return the number confirmed by `--expect`, or typed in.

    :raises CommandError: if nobody confirms one.
    """
    if expected is not None:
        return expected
    try:
        return int(input(f"Type {counted} to invalidate them: "))
    except (EOFError, ValueError) as error:
        raise CommandError("not confirmed; nothing was done") from error
