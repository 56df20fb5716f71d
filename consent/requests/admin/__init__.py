"""The officer's workspace."""

from consent.requests.admin.requests import RequestAdmin

__all__ = ["RequestAdmin"]
