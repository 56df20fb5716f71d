"""A service of anybody's that takes signed messages, as Standard Webhooks describes them."""

from activation.destinations.kinds.interface import Kind
from activation.destinations.kinds.webhook.connector import UNLISTED, WebhookConnector, open_connector
from activation.destinations.kinds.webhook.settings import WebhookSettings

__all__ = ["KIND", "WebhookConnector", "WebhookSettings"]

KIND = Kind(
    slug="webhook",
    title="Signed webhook",
    settings=WebhookSettings,
    secrets={"signing_secret": "Secret that messages are signed with: whsec_ and 24 to 64 bytes in Base64"},
    open=open_connector,
    replaces=True,
    lists=False,
    unlisted=UNLISTED,
)
