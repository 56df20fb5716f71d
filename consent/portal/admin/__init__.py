"""The portal in the admin: how its pages look."""

from consent.portal.admin.themes import ThemeAdmin

__all__ = ["ThemeAdmin"]
