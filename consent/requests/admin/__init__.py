"""The officer's workspace."""

from consent.requests.admin import data_map

__all__ = ["data_map"]
