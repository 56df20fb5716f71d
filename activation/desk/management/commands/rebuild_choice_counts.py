"""`manage.py rebuild_choice_counts`: the daily counts of choices, counted anew from the ledger."""

from django.core.management.base import BaseCommand

from activation.desk import services


class Command(BaseCommand):
    """Safe while everything runs, and to kill: the counts change in one moment at the end, or not at all."""

    help = (
        "Count the ledger's choices anew, by day, purpose, jurisdiction and choice, and put right what the"
        " home page shows. What was counted of people erased since, or of entries pruned since, stays."
    )

    def handle(self, **_: object) -> None:
        """Count, and tell what was found."""
        found = services.rebuild_counts(progress=lambda read: self.stderr.write(f"{read:,} entries read"))
        self.stdout.write(
            f"{found.entries:,} entries counted; {found.changed:,} of {found.days:,} days were put right"
        )
        if found.lost:
            self.stdout.write(
                f"{found.lost:,} choices of those days were pruned, and are in no count any more"
            )
