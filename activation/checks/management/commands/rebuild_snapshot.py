"""`rebuild_snapshot`: write this machine's decision store anew, beside the one in use."""

import threading

from django.core.management.base import BaseCommand

from activation.checks.management.commands.run_tailer import follow


class Command(BaseCommand):
    """For a machine whose tailer is stopped; a running one rebuilds what does not fit by itself."""

    help = "Write the decision store anew and exit. Stop run_tailer first."

    def handle(self, **_: object) -> None:
        """Build it."""
        follow(should_stop=threading.Event(), rebuild=True, until_built=True)
        self.stdout.write("The store is built.")
