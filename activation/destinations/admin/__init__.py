"""Destinations in the admin: the register, and how each is connected."""

from activation.destinations.admin.register import DestinationAdmin

__all__ = ["DestinationAdmin"]
