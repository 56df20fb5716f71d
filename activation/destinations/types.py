"""Values that describe recipients. Pure: no Django, no clock."""

import re
from enum import StrEnum

from consent.kernel.errors import AccordantError

SLUG = r"[a-z][a-z0-9_-]{0,63}"
"""The form of a destination's slug, and of a resource type."""
DEFAULT_RESOURCE_TYPE = "destination"
"""What a destination answers to unless it is registered as something else."""
MOST_VENDORS = 65_535
"""The highest number that a TC string can tell a vendor by (16 bits)."""
TCF_PURPOSES = range(1, 12)
"""The purposes of the Transparency and Consent Framework's policies."""
_FORM = re.compile(SLUG, re.ASCII)


def name_credential(destination: str, credential: str) -> str:
    """Return what a credential is sealed under: it opens as that one, of that destination, only."""
    return f"destination {destination} {credential}"


def is_slug(text: str) -> bool:
    """Return whether `text` can name a destination or a resource type."""
    return _FORM.fullmatch(text) is not None


class DestinationNotRegistered(AccordantError):
    """No destination has this slug."""

    code = "destination_not_registered"
    status = 404


class MalformedDestination(AccordantError):
    """The slug, the title, the resource type or the terms of a TCF vendor are none."""

    code = "malformed_destination"


class ReasonMissing(AccordantError):
    """A change to a registered destination needs a reason."""

    code = "reason_missing"


class DestinationNotConnected(AccordantError):
    """The destination has no connector."""

    code = "destination_not_connected"
    status = 409


class ConnectorUnknown(AccordantError):
    """No kind of destination has this slug."""

    code = "connector_unknown"


class MalformedCredentials(AccordantError):
    """A credential is not one that the kind asks for, or is empty or too long."""

    code = "malformed_credentials"


class DestinationKind(StrEnum):
    """What sort of system a recipient is."""

    AD_PLATFORM = "ad_platform"
    CX_TOOL = "cx_tool"
    PERSONALISATION_ENGINE = "personalisation_engine"
    FEATURE_STORE = "feature_store"
    FILE = "file"


class StatusChange(StrEnum):
    """What can happen to a registered destination."""

    SUSPENDED = "suspended"
    RESUMED = "resumed"
