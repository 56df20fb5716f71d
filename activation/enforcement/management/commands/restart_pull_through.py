"""`manage.py restart_pull_through`: follow withdrawals in the ledger that is there now."""

# ruff: noqa: ARG002 - the signature is Django's

from typing import Any

from django.core.management.base import BaseCommand

from activation.enforcement.suppression.finding import services


class Command(BaseCommand):
    """Begins anew, after the ledger was put back from a backup."""

    help = (
        "Follow the ledger from its end on, and have everybody whom a destination holds decided again. "
        "For when following stopped because the ledger is not the one that was read before."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Set it down; the sweep does the rest."""
        services.begin_anew()
        self.stdout.write("Withdrawals are followed from the ledger's end on; all who are held are due.")
