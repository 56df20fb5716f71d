"""`manage.py sync_roles`: the groups, exactly as the roles are declared."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from config.roles.declared import ROLES
from config.roles.permissions import list_missing
from config.roles.syncing import Change, list_changes, sync


class Command(BaseCommand):
    """Run it after each migration. Groups of the installation's own are left alone."""

    help = "Make the group of each role exactly as it is declared, and say what changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the option."""
        parser.add_argument("--dry-run", action="store_true", help="say what would change")

    def handle(self, *, dry_run: bool, **_: object) -> None:
        """Make the groups, or say what would be made."""
        changes = list_changes() if dry_run else sync()
        for change in changes:
            self._tell(change)
        if not any(changes):
            self.stdout.write("Every role is as declared.")
        missing = sorted({name for role in ROLES for name in list_missing(role)})
        if missing:
            self.stdout.write(f"Expected, and not there yet: {', '.join(missing)}")

    def _tell(self, change: Change) -> None:
        title = f"{change.role.title}{' (new)' if change.is_new else ''}"
        self.stdout.write(f"{title}: {len(change.given)} given, {len(change.taken)} taken")
        for sign, names in (("+", change.given), ("-", change.taken)):
            for name in names:
                self.stdout.write(f"  {sign} {name}")
        for name in change.unmade:
            self.stdout.write(f"  ! {name} is not in the database: run migrate first")
