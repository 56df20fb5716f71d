"""`run_follower`: have everything that follows the ledger's feed at work within milliseconds."""

import signal
import threading
from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from config.followers import FOLLOWERS
from consent.ledger.services import FeedLoop


class Command(BaseCommand):
    """Works until SIGTERM or Ctrl-C. Run two: one works, the other takes over within seconds."""

    help = "Call everything that follows the ledger's feed whenever there is news."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--only",
            action="append",
            choices=sorted(FOLLOWERS),
            help="this follower and no other; may be repeated",
        )

    def handle(self, *, only: list[str] | None = None, **_: object) -> None:
        """Follow the feed."""
        stop = threading.Event()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: stop.set())
        followers = {name: follower for name, follower in FOLLOWERS.items() if only is None or name in only}
        FeedLoop(followers=followers, should_stop=stop.is_set, wait=stop.wait).run()
