"""The time zone that a jurisdiction's days are counted in: one for each. Pure: no Django, no clock.

Where people live in several zones, it is the one whose day ends first, so that nobody's date is missed;
zones of few people (islands far away, single counties) are left out. Where no jurisdiction is decided, UTC.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

NOWHERE = "UTC"
_SEVERAL = {
    "EU": "Europe/Helsinki",
    "EEA": "Europe/Helsinki",
    "US": "America/New_York",
    "CA": "America/St_Johns",
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CD": "Africa/Lubumbashi",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "FM": "Pacific/Kosrae",
    "ID": "Asia/Jayapura",
    "KI": "Pacific/Tarawa",
    "KZ": "Asia/Almaty",
    "MN": "Asia/Ulaanbaatar",
    "MX": "America/Cancun",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PS": "Asia/Hebron",
    "PT": "Europe/Lisbon",
    "RU": "Asia/Vladivostok",
    "UA": "Europe/Kyiv",
    "UZ": "Asia/Tashkent",
}
_PARTS = {
    "America/New_York": "US-CT US-DC US-DE US-FL US-GA US-KY US-MA US-MD US-ME US-NC US-NH US-NJ US-NY US-OH"
    " US-PA US-RI US-SC US-TN US-VA US-VT US-WV",
    "America/Detroit": "US-MI",
    "America/Indiana/Indianapolis": "US-IN",
    "America/Chicago": "US-AL US-AR US-IA US-IL US-KS US-LA US-MN US-MO US-MS US-ND US-NE US-OK US-SD US-TX"
    " US-WI",
    "America/Denver": "US-CO US-MT US-NM US-UT US-WY",
    "America/Boise": "US-ID",
    "America/Phoenix": "US-AZ",
    "America/Los_Angeles": "US-CA US-NV US-OR US-WA",
    "America/Anchorage": "US-AK",
    "Pacific/Honolulu": "US-HI",
    "America/Puerto_Rico": "US-PR US-VI",
    "Pacific/Guam": "US-GU US-MP",
    "Pacific/Pago_Pago": "US-AS",
    "America/St_Johns": "CA-NL",
    "America/Halifax": "CA-NB CA-NS CA-PE",
    "America/Toronto": "CA-ON CA-QC",
    "America/Winnipeg": "CA-MB",
    "America/Regina": "CA-SK",
    "America/Edmonton": "CA-AB CA-NT",
    "America/Vancouver": "CA-BC",
    "America/Whitehorse": "CA-YT",
    "America/Iqaluit": "CA-NU",
}


@cache
def zone_of(jurisdiction: str) -> str:
    """Return the IANA name of the zone. A part that has none of its own is counted in its country's."""
    zones = _zones()
    return zones.get(jurisdiction) or zones.get(jurisdiction.partition("-")[0]) or NOWHERE


def day_of(moment: datetime, zone: str) -> date:
    """Return the day that it is in `zone` at `moment`."""
    return moment.astimezone(ZoneInfo(zone)).date()


def start_of(day: date, zone: str) -> datetime:
    """Return the first moment of `day` in `zone`, also where clocks are put forward at midnight."""
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def end_of(day: date, zone: str) -> datetime:
    """Return the moment at which `day` is over in `zone`, however many hours it has."""
    return start_of(day + timedelta(days=1), zone)


@cache
def _zones() -> Mapping[str, str]:
    parts = {code: zone for zone, codes in _PARTS.items() for code in codes.split()}
    return {**_first_of_each_country(), **_SEVERAL, **parts}


def _first_of_each_country() -> Mapping[str, str]:
    """Return what the zones' own table says, which is all there is to say of a country with one zone."""
    found: dict[str, str] = {}
    text = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            found.setdefault(country, zone)
    return found
