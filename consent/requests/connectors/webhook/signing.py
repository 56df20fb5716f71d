"""The secret that both sides sign with (Standard Webhooks 1.0.0, *Signature scheme*). Pure."""

import binascii

from standardwebhooks.webhooks import Webhook

from consent.requests.connectors.interface import SystemRefused

_PREFIX = "whsec_"


def read_secret(secret: str) -> Webhook:
    """Return what signs and checks with the secret.

    :raises SystemRefused: if it is none.
    """
    try:
        key = binascii.a2b_base64(secret.removeprefix(_PREFIX), strict_mode=True)
    except ValueError:
        key = b""
    if not secret.startswith(_PREFIX) or not 24 <= len(key) <= 64:
        raise SystemRefused("the secret must be whsec_ and 24 to 64 random bytes in Base64")
    return Webhook(secret)
