"""Values that describe recipients. Pure: no Django, no clock."""

from enum import StrEnum


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
