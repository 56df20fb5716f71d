"""What stands where nobody has said how mails leave: codes must not end up in a log by default."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from consent.requests.mails.errors import NotSentNow


class EmailBackend(BaseEmailBackend):
    """Sends nothing, and says so."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Refuse.

        :raises NotSentNow: always.
        """
        raise NotSentNow(f"set EMAIL_URL: {len(email_messages)} mail waits")
