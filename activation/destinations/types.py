"""Values that describe recipients. Pure: no Django, no clock."""

import re
from enum import StrEnum

SLUG = r"[a-z][a-z0-9_-]{0,63}"
"""The form of a destination's slug, and of a resource type."""
DEFAULT_RESOURCE_TYPE = "destination"
"""What a destination answers to unless it is registered as something else."""
_FORM = re.compile(SLUG, re.ASCII)


def is_slug(text: str) -> bool:
    """Return whether `text` can name a destination or a resource type."""
    return _FORM.fullmatch(text) is not None


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
