"""What is on record of people's choices, in the admin: to read, never to change."""

from consent.records.admin import imports, pages, signals

__all__ = ["imports", "pages", "signals"]
