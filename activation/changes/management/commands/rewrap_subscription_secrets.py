"""`rewrap_subscription_secrets`: wrap subscriptions' credentials under the newest master key."""

from django.core.management.base import BaseCommand, CommandError

from activation.changes import services
from consent.kernel.errors import AccordantError


class Command(BaseCommand):
    """Follows `rotate_keys`, before an old master key is taken away."""

    help = "Wrap the keys of subscriptions' credentials under the newest master key. Safe to run twice."

    def handle(self, *_: object, **__: object) -> None:
        """Wrap them.

        :raises CommandError: if one does not open, or the keys cannot be reached; then nothing was changed.
        """
        try:
            done = services.rewrap_secrets()
        except AccordantError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{done} credentials of subscriptions rewrapped.")
