"""Signals of consent: what they mean for the organisation's purposes, and what they are read by."""

from datetime import date
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config.env import env, home

# A JSON file that says what signals mean for the organisation's purposes; none: the one that is shipped.
_MAPPING: str = env("ACCORDANT_SIGNAL_MAPPING", default="")
SIGNAL_MAPPING: Path | None = Path(_MAPPING) if _MAPPING else None
# Since when `/.well-known/gpc.json` says that the Global Privacy Control is honoured, as YYYY-MM-DD.
_UPDATED_ON: str = env("ACCORDANT_GPC_UPDATED_ON", default="2026-11-30")
try:
    GPC_UPDATED_ON = date.fromisoformat(_UPDATED_ON)
except ValueError as error:
    raise ImproperlyConfigured("ACCORDANT_GPC_UPDATED_ON must be a day such as 2026-11-30.") from error
# Where the Global Vendor List is fetched from, a folder's address, and the folder that keeps each version.
VENDOR_LISTS_URL: str = env("ACCORDANT_VENDOR_LISTS_URL", default="https://vendor-list.consensu.org/v3/")
VENDOR_LISTS = Path(env("ACCORDANT_VENDOR_LISTS", default=str(home() / "vendor-lists")))
