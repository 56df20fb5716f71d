"""The public holidays of a jurisdiction, by name. Pure: no Django, no clock.

They come from the `holidays` package. Only those of the whole jurisdiction count: one of a region alone
moves no date, which is the stricter reading; nor does a day off that people work another day for, nor one on
which offices are open. The United Kingdom is counted by England's bank holidays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

import holidays

_ENGLISH = ("en_US", "en_GB", "en")
_PART_THAT_COUNTS = {"GB": "ENG"}
_EXCHANGED = "substituted from"  # how the package names a day off that is worked for on another day
_COMMEMORATED = {("US", "CA"): {"Susan B. Anthony Day", "Diwali"}}  # offices are open
_YEARS_KEPT = 512


@dataclass(frozen=True, slots=True)
class HolidayCalendar:
    """The public holidays of one jurisdiction. Without a country it knows none: then only weekends count."""

    country: str | None
    part: str | None = None

    def name_of(self, day: date) -> str | None:
        """Return what the holiday on `day` is called; None if it is none."""
        return _names(self.country, self.part, day.year).get(day) if self.country else None


@cache
def calendar_of(jurisdiction: str) -> HolidayCalendar:
    """Return the calendar of a country or of a part of one. A group of countries has no holidays."""
    country, _, part = jurisdiction.partition("-")
    parts = _supported().get(country)
    if parts is None:
        return HolidayCalendar(None)
    chosen = part or _PART_THAT_COUNTS.get(country)
    return HolidayCalendar(country, chosen if chosen in parts else None)


@lru_cache(maxsize=1)
def _supported() -> Mapping[str, frozenset[str]]:
    found = holidays.list_supported_countries(include_aliases=False)
    return {country: frozenset(parts) for country, parts in found.items()}


@lru_cache(maxsize=_YEARS_KEPT)
def _names(country: str, part: str | None, year: int) -> Mapping[date, str]:
    calendar = holidays.country_holidays(country, subdiv=part, years=year, language=_language(country))
    open_on = _COMMEMORATED.get((country, part or ""), set())
    found: dict[date, str] = {}
    for day, text in calendar.items():
        names = [name for name in text.split("; ") if _EXCHANGED not in name and name not in open_on]
        if names and day.year == year:
            found[day] = " and ".join(names)
    return found


@cache
def _language(country: str) -> str | None:
    spoken = getattr(holidays.country_holidays(country), "supported_languages", ())
    return next((language for language in _ENGLISH if language in spoken), None)
