"""Braze: people of an audience carry an attribute, or are subscribed to a group.

Built to Braze's public pages *Create and update users* (`POST /users/track`), *User attributes object*,
*Update user's subscription group status (V2)* (`POST /v2/subscription/status/set`), *API errors and
responses* and *Rate limits*, as of 2026; never run against Braze itself.
"""

from activation.destinations.kinds.braze.connector import UNLISTED, BrazeConnector, open_connector
from activation.destinations.kinds.braze.settings import BrazeSettings
from activation.destinations.kinds.interface import Kind

__all__ = ["KIND", "BrazeConnector", "BrazeSettings"]

KIND = Kind(
    slug="braze",
    title="Braze",
    settings=BrazeSettings,
    secrets={
        "api_key": "REST API key with the permissions users.track and, for groups, subscription.status.set"
    },
    open=open_connector,
    replaces=False,
    lists=False,
    unlisted=UNLISTED,
)
