"""Customer Match lists of Google Ads, over Google's Data Manager API.

Google's public pages tell to move Customer Match from `OfflineUserDataJob` of the Google Ads API to the Data
Manager API (*Upgrade to the Data Manager API*, *Ingestion field mappings*). Built to its pages *Method:
audienceMembers.ingest*, *Method: audienceMembers.remove*, *AudienceMember*, *Format user data*, *Configure
destinations* and *Set up API access*, as of 2026; never run against Google itself.
"""

from activation.destinations.kinds.google_customer_match.connector import (
    UNLISTED,
    CustomerMatchConnector,
    open_connector,
)
from activation.destinations.kinds.google_customer_match.settings import CustomerMatchSettings
from activation.destinations.kinds.interface import Kind

__all__ = ["KIND", "CustomerMatchConnector", "CustomerMatchSettings"]

KIND = Kind(
    slug="google_customer_match",
    title="Google Customer Match",
    settings=CustomerMatchSettings,
    secrets={
        "client_id": "OAuth client id of a project in which the Data Manager API is enabled",
        "client_secret": "OAuth client secret",
        "refresh_token": "Refresh token with the scope https://www.googleapis.com/auth/datamanager",
    },
    open=open_connector,
    replaces=False,
    lists=False,
    unlisted=UNLISTED,
)
