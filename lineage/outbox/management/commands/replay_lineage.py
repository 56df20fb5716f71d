"""`manage.py replay_lineage`: have a backend told again what it lost, or what was before it came."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_datetime

from lineage.outbox import queries, services


class Command(BaseCommand):
    """Lets every event wait for one transport again, and tells how far it is."""

    help = (
        "Let the events of all runs, or of those that told something since then, be sent to one transport:"
        " those that it never had, those that it had, and those that it refused. Each keeps its id, so a"
        " backend that keys by event counts none twice. Workers send them, in the order of each run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--transport", required=True, help="its name, as the settings have it")
        parser.add_argument("--since", type=_moment, help="such as 2026-03-01T00:00Z; all if it is not given")

    def handle(self, *, transport: str, since: datetime | None, **_: object) -> None:
        """Let them wait.

        :raises CommandError: if the settings name no such transport.
        """
        try:
            for progress in services.replay(transport=transport, since=since):
                self.stdout.write(f"{progress.done:,} of {progress.of:,} events wait for {transport}")
        except services.TransportUnknown as unknown:
            raise CommandError(str(unknown)) from None
        waiting = queries.count_pending(transport=transport)
        self.stdout.write(
            f"{waiting:,} are still to be sent to {transport}. The admin shows how many are left."
        )


def _moment(text: str) -> datetime:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ArgumentTypeError("write a date, a time and its offset, such as 2026-03-01T00:00Z")
    return moment
