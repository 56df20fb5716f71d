"""`manage.py sweep_keys`: destroy the keys that erased subjects still have. Run it after every restore."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from consent.subjects import services


class Command(BaseCommand):
    """Destroys the data keys of erased subjects, and of subjects that never came to be."""

    help = "Destroy the data keys that erased subjects still have: after a restore, they are there again."

    def handle(self, **_: object) -> None:
        """Sweep, and tell how many keys were destroyed."""
        destroyed = services.sweep_erased_keys(at=timezone.now())
        self.stdout.write(f"{destroyed} keys destroyed")
