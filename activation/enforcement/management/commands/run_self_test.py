"""`manage.py run_self_test`: ask every path about the invented people who said no."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from activation.enforcement.canaries import queries, services


class Command(BaseCommand):
    """Runs the self-test, or with `--status` tells what the last one found."""

    help = (
        "Ask every path that decides about the canaries of every destination. Each must be denied: one that"
        " is not raises an incident and suspends its destination. The exit code is 1 then, and with --status"
        " if the last self-test is older than 26 hours or raised incidents."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--status", action="store_true", help="ask nothing: tell of the last self-test")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run, and tell the result.

        :raises CommandError: if an incident was raised, or the last self-test is no good ground.
        """
        if options["status"]:
            if fault := queries.find_self_test_fault(at=timezone.now()):
                raise CommandError(fault)
            self.stdout.write("the last self-test is recent, and raised no incident")
            return
        report = services.run_self_test(at=timezone.now())
        figures = {
            "asked": report.asked,
            "denied": report.denied,
            "unanswered": report.unanswered,
            "lost": report.lost,
            "incidents": report.incidents,
        }
        self.stdout.write(json.dumps(figures, indent=2) if options["json"] else _to_text(figures))
        if report.incidents or report.lost:
            raise CommandError("incidents were raised: see Incidents in the admin")


def _to_text(figures: dict[str, Any]) -> str:
    lines = [f"{figures['asked']:,} answers asked for, {figures['denied']:,} denied"]
    lines += [f"  path {name} not asked: {why}" for name, why in figures["unanswered"].items()]
    lines += [f"  {slug}: canaries mended: {', '.join(ways)}" for slug, ways in figures["lost"].items()]
    lines += [f"  incident {number}" for number in figures["incidents"]]
    return "\n".join(lines)
