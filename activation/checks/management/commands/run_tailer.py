"""`run_tailer`: keep this machine's decision store within milliseconds of the ledger."""

import signal
import threading
import time
from datetime import datetime

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from activation.checks import queries
from activation.checks.answering.callers import pack_keys
from activation.snapshots.tailing.loop import TailerLoop, TailerRunning


class Command(BaseCommand):
    """Works until SIGTERM or Ctrl-C. One process a machine; `check_server` reads what it writes."""

    help = "Keep the decision store that check_server answers from."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--rebuild", action="store_true", help="begin with a new store")

    def handle(self, *, rebuild: bool = False, **_: object) -> None:
        """Follow the feed."""
        stop = threading.Event()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: stop.set())
        follow(should_stop=stop, rebuild=rebuild)


def follow(*, should_stop: threading.Event, rebuild: bool, until_built: bool = False) -> None:
    """Keep the store until told to stop; with `until_built`, until it has caught up once.

    :raises CommandError: if another process keeps it.
    """
    loop = TailerLoop(
        home=settings.SNAPSHOTS,
        list_keys=list_keys,
        should_stop=should_stop.is_set,
        wait=should_stop.wait,
        monotonic=time.monotonic_ns,
        rebuild=rebuild,
        caught_up=should_stop.set if until_built else lambda: None,
    )
    try:
        loop.run()
    except TailerRunning as error:
        raise CommandError(str(error)) from error


def list_keys(at: datetime) -> dict[bytes, bytes]:
    """Return every API key that works at `at`, as the store keeps it."""
    return pack_keys(queries.list_live_keys(at=at))
