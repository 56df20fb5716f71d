"""Writes of data subject requests: all that other apps may call."""

from consent.requests.systems.holding import lift_hold, place_hold
from consent.requests.systems.importing import import_text as import_data_map
from consent.requests.systems.secrets import rewrap_secrets

__all__ = ["import_data_map", "lift_hold", "place_hold", "rewrap_secrets"]
