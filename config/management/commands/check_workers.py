"""`manage.py check_workers`: whether every queue has a worker that answers, and nothing waits too long."""

from argparse import ArgumentParser
from datetime import timedelta

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from kombu.exceptions import OperationalError

from config.celery import app
from config.waiting import OUTBOXES, list_consumers


class Command(BaseCommand):
    """Tells of every queue and outbox, and fails if one is not looked after: for a monitor."""

    help = (
        "Ask the workers what they take from, and the database what is due. The exit code is 1 if a queue has"
        " no worker, the broker is away, or a row could have been worked on for longer than --late."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--late", type=float, default=300.0, metavar="SECONDS", help="300 unless given")

    def handle(self, *, late: float, **_: object) -> None:
        """Look, and tell.

        :raises CommandError: if something is not looked after.
        """
        faults = [*self._check_queues(), *self._check_outboxes(timedelta(seconds=late))]
        if faults:
            raise CommandError("; ".join(faults))

    def _check_queues(self) -> list[str]:
        try:
            consumers = list_consumers(app)
        except OperationalError:
            return ["the broker cannot be reached"]
        for queue in settings.QUEUES:
            self.stdout.write(f"queue {queue}: {', '.join(consumers.get(queue, ['no worker']))}")
        return [f"no worker takes from {queue}" for queue in settings.QUEUES if queue not in consumers]

    def _check_outboxes(self, late: timedelta) -> list[str]:
        faults = []
        for name, get_longest_wait in OUTBOXES.items():
            wait = get_longest_wait()
            told = "nothing is due" if wait is None else f"due for {wait.total_seconds():.0f} s"
            self.stdout.write(f"{name}: {told}")
            if wait is not None and wait > late:
                faults.append(f"{name} are late")
        return faults
