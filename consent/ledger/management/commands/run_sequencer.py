"""`manage.py run_sequencer`: give events their place in the ledger, and sign it."""

import signal
import threading
import time

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from consent.kernel.errors import AccordantError
from consent.ledger.services import SequencerLoop
from consent.ledger.witnesses.guard import WitnessGuard, open_witness


class Command(BaseCommand):
    """Runs until SIGTERM or SIGINT. A second one stands by, and takes over when the first one ends."""

    help = "Give committed events their place in the ledger, and sign it every 200 ms while there is news."

    def handle(self, **_: object) -> None:
        """Run the sequencer.

        :raises CommandError: if this ledger must not be signed with the configured key, or was rolled back.
        """
        stopped = threading.Event()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: stopped.set())
        try:
            guard = WitnessGuard([open_witness(address) for address in settings.WITNESSES])
            loop = SequencerLoop(
                should_stop=stopped.is_set, wait=stopped.wait, clock=time.monotonic, guard=guard
            )
            loop.run()
        except AccordantError as error:
            raise CommandError(str(error)) from error
