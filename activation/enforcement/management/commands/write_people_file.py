"""`manage.py write_people_file`: everybody's state in one file, for large audiences."""

import time
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from activation.enforcement.people_file import people_folder
from activation.snapshots.bulk.building import build

_SECONDS_BETWEEN_LINES = 5.0


class Command(BaseCommand):
    """Writes the file anew, beside the one in use."""

    help = (
        "Write everybody's state into a new file. Runs on large audiences rest on the newest one, and look up"
        " in the ledger whatever came since: run this often enough that it is little, such as every hour."
    )

    _told_at = 0.0

    def handle(self, *_: Any, **__: Any) -> None:
        """Write it, and say where it lies."""
        path = build(people_folder(), at=timezone.now(), told=self._tell)
        self.stdout.write(f"{path} ({path.stat().st_size:,} bytes)")

    def _tell(self, people: int) -> None:
        now = time.monotonic()
        if now - self._told_at >= _SECONDS_BETWEEN_LINES:
            self._told_at = now
            self.stderr.write(f"{people:,} people written")
