"""The portal in the admin: the sites that include our script, and how its pages look."""

from consent.portal.admin.sites import SiteAdmin
from consent.portal.admin.themes import ThemeAdmin

__all__ = ["SiteAdmin", "ThemeAdmin"]
