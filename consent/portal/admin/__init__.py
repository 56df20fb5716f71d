"""The portal in the admin: the sites that include our script, how its pages look, and whether mails leave."""

from consent.portal.admin.messages import PortalMessageAdmin
from consent.portal.admin.sites import SiteAdmin
from consent.portal.admin.themes import ThemeAdmin

__all__ = ["PortalMessageAdmin", "SiteAdmin", "ThemeAdmin"]
