"""Delivers to a webhook (Standard Webhooks 1.0.0, *Specification*): signed messages, in order."""

import binascii
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook

from activation.destinations.kinds.http_settings import open_service, patience_of
from activation.destinations.kinds.interface import Delivery, Progress, Receipt, Removal, Surroundings
from activation.destinations.kinds.row_forms import refuse_unless_flat
from activation.destinations.kinds.unlisted import Unlisted
from activation.destinations.kinds.webhook.messages import (
    Message,
    ask_whether_there,
    tell_delivery,
    tell_removal,
)
from activation.destinations.kinds.webhook.settings import WebhookSettings
from consent.network.client import Answer, GuardedClient
from consent.network.errors import DeliveryRefused
from consent.network.hosts import AddressRefused, read_url
from consent.network.patience import Asker, Patience, Question

_PREFIX = "whsec_"
UNLISTED = (
    "Webhooks go one way: Standard Webhooks has no question that a receiver answers. Ask whoever runs it, by"
    " the ids of messages"
)


class WebhookConnector(Unlisted):
    """One receiver. It takes a message by any status from 200 to 299."""

    unlisted = UNLISTED

    def __init__(
        self,
        settings: WebhookSettings,
        signer: Webhook,
        surroundings: Surroundings,
        clock: Callable[[], datetime],
        patience: Patience,
    ) -> None:
        self._settings = settings
        self._signer = signer
        self._surroundings = surroundings
        self._clock = clock
        self._patience = patience

    def check(self) -> None:
        """Return if the receiver takes a signed message that tells nothing."""
        with self._open() as client:
            self._send(client, ask_whether_there())

    def prepare(self, delivery: Delivery) -> None:
        """Return if JSON has a form for the rows."""
        refuse_unless_flat(delivery.schema, form="JSON")

    def deliver(self, delivery: Delivery, progress: Progress) -> Receipt:
        """Tell that the audience starts, its rows, and that it is finished, with the manifest."""
        self.prepare(delivery)
        told = 0
        with self._open() as client:
            for message, rows in tell_delivery(delivery, size=self._settings.rows_a_message):
                self._send(client, message)
                told = rows
                progress(told)
        return Receipt(reference=delivery.run_id.hex, rows=told)

    def remove(self, removal: Removal) -> Receipt:
        """Tell who is to be taken out."""
        told = 0
        with self._open() as client:
            for message, people in tell_removal(removal, size=self._settings.rows_a_message):
                self._send(client, message)
                told += people
        return Receipt(reference=removal.removal_id.hex, rows=told)

    def _open(self) -> GuardedClient:
        return open_service(self._settings.url, self._settings, self._surroundings)

    def _send(self, client: GuardedClient, message: Message) -> Answer:
        asker = Asker(client=client, name="the webhook's receiver", patience=self._patience)
        return asker.ask(lambda: self._sign(message))

    def _sign(self, message: Message) -> Question:
        """Return the request, signed now: a receiver refuses what was signed minutes ago."""
        at = self._clock().astimezone(UTC)
        body = message.body(at)
        return Question(
            method="POST",
            headers={
                "Content-Type": "application/json",
                "webhook-id": message.id,
                "webhook-timestamp": str(int(at.timestamp())),
                "webhook-signature": self._signer.sign(message.id, at, body.decode()),
            },
            content=body,
        )


def open_connector(
    settings: WebhookSettings, secrets: Mapping[str, str], surroundings: Surroundings
) -> WebhookConnector:
    """Return the connector to that receiver.

    :raises DeliveryRefused: if the address or the secret cannot be used.
    """
    try:
        read_url(settings.url, allow_local=surroundings.allow_local)
    except AddressRefused as refused:
        raise AddressRefused(f"url: {refused}") from None
    if surroundings.clock is None:
        raise DeliveryRefused("messages are signed with the time, and no clock was given: give one")
    signer = _read_secret(secrets.get("signing_secret", ""))
    return WebhookConnector(settings, signer, surroundings, surroundings.clock, patience_of(settings))


def _read_secret(secret: str) -> Webhook:
    try:
        key = binascii.a2b_base64(secret.removeprefix(_PREFIX), strict_mode=True)
    except ValueError:
        key = b""
    if not secret.startswith(_PREFIX) or not 24 <= len(key) <= 64:
        raise DeliveryRefused(
            "the credential signing_secret must be whsec_ and 24 to 64 random bytes in Base64"
        )
    return Webhook(secret)
