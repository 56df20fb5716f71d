"""What officers see of the portal."""

from consent.portal.admin.sites import SiteAdmin

__all__ = ["SiteAdmin"]
