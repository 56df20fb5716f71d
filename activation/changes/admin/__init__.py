"""Subscriptions in the admin: connected, watched, tried and replayed there; parked messages sent again."""

from activation.changes.admin.parked import ParkedMessageAdmin
from activation.changes.admin.subscriptions import SubscriptionAdmin

__all__ = ["ParkedMessageAdmin", "SubscriptionAdmin"]
