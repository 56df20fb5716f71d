"""Writes of the portal: all that other floors may call."""

from consent.portal.embed.services import set_site

__all__ = ["set_site"]
