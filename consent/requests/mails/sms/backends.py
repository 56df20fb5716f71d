"""What a back-end for text messages does, and those that come with the service."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from consent.network.client import Limits, RecipientSilent, open_client
from consent.network.errors import DeliveryFailed, DeliveryRefused
from consent.network.patience import Verdict, judge_status
from consent.requests.mails.errors import MessageRefused, NotSentNow

_LIMITS = Limits(connect_seconds=10, read_seconds=20, write_seconds=20, total_seconds=40, answer_bytes=65_536)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMessage:
    """One text message."""

    id: UUID
    """Stays the same when it is sent again."""
    to: str = field(repr=False)
    """A number in E.164."""
    text: str = field(repr=False)


class SmsBackend(Protocol):
    """Sends text messages. The setting `SMS_BACKEND` names its class, which is made without arguments."""

    def send(self, message: TextMessage) -> None:
        """Hand the message over.

        :raises MessageRefused: if it can never arrive; :raises NotSentNow: if it did not leave now.
        """
        ...


def get_sms_backend() -> SmsBackend:
    """Return the back-end of the settings."""
    return cast("SmsBackend", import_string(settings.SMS_BACKEND)())


class Unset:
    """Stands where nobody has said how text messages leave."""

    def send(self, message: TextMessage) -> None:
        """Refuse.

        :raises NotSentNow: always.
        """
        raise NotSentNow(f"set ACCORDANT_SMS_BACKEND: {message.id} waits")


class Console:
    """Prints them. For local use: a code is as good as the address that it goes to."""

    def send(self, message: TextMessage) -> None:
        """Print the message."""
        print(f"SMS to {message.to}: {message.text}")  # noqa: T201 - that is what it is for


class File:
    """Appends each as a line of JSON to the file that `ACCORDANT_SMS_FILE` names. For local use."""

    def send(self, message: TextMessage) -> None:
        """Write the message."""
        path = Path(settings.SMS_FILE)
        path.parent.mkdir(parents=True, exist_ok=True)
        line = {"id": str(message.id), "to": message.to, "text": message.text}
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


class HttpGateway:
    """Posts each as JSON (`id`, `to`, `from`, `text`) to `ACCORDANT_SMS_URL`, with a bearer token.

    The id goes as `Idempotency-Key`, too: a message that is sent again is the same one.
    """

    def send(self, message: TextMessage) -> None:
        """Post the message.

        :raises MessageRefused: if the gateway refuses it; :raises NotSentNow: if it does not take it now.
        """
        body = {"id": str(message.id), "to": message.to, "from": settings.SMS_SENDER, "text": message.text}
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": str(message.id),
            **({"Authorization": f"Bearer {settings.SMS_TOKEN}"} if settings.SMS_TOKEN else {}),
        }
        try:
            with open_client(
                settings.SMS_URL, allow_local=settings.ALLOW_LOCAL_DESTINATIONS, limits=_LIMITS
            ) as client:
                answer = client.ask("POST", headers=headers, content=json.dumps(body).encode())
        except (RecipientSilent, DeliveryFailed, DeliveryRefused) as error:
            raise NotSentNow(f"the gateway for text messages: {error.code}") from None
        self._read(answer.status, judge_status(answer))

    @staticmethod
    def _read(status: int, verdict: Verdict) -> None:
        if verdict is Verdict.TAKEN:
            return
        message = f"the gateway for text messages answered {status}"
        # 401 and 403 speak of our settings, not of the number: it may leave once they are mended.
        raise (
            MessageRefused(message)
            if verdict is Verdict.REFUSED and status not in {401, 403}
            else NotSentNow(message)
        )
