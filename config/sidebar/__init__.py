"""The admin's sidebar: every page that the officer may open, grouped by the officer's words."""

from config.sidebar.groups import list_groups

__all__ = ["list_groups"]
