"""Suppressions and their parcels in the admin: how far each no has come, and what to do where it has not."""

from activation.enforcement.suppression.admin.parcels import ParcelAdmin
from activation.enforcement.suppression.admin.suppressions import SuppressionAdmin

__all__ = ["ParcelAdmin", "SuppressionAdmin"]
