"""Customer file Custom Audiences of Meta.

Built to Meta's public pages *Customer File Custom Audiences* (hashing and normalising, sessions, Limited Data
Use), *Custom Audience Users*, *Custom Audience Usersreplace* and *Data Processing Options for US Users* of
Marketing API v25.0, as of 2026; never run against Meta itself.
"""

from activation.destinations.kinds.interface import Kind
from activation.destinations.kinds.meta_custom_audiences.connector import (
    UNLISTED,
    CustomAudiencesConnector,
    open_connector,
)
from activation.destinations.kinds.meta_custom_audiences.settings import CustomAudiencesSettings

__all__ = ["KIND", "CustomAudiencesConnector", "CustomAudiencesSettings"]

KIND = Kind(
    slug="meta_custom_audiences",
    title="Meta Custom Audiences",
    settings=CustomAudiencesSettings,
    secrets={"access_token": "Access token of a system user with the permission ads_management"},
    open=open_connector,
    replaces=False,
    lists=False,
    unlisted=UNLISTED,
)
