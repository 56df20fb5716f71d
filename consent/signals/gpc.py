"""The Global Privacy Control (W3C Working Draft "Global Privacy Control (GPC)", Privacy Working Group).

`Sec-GPC` counts when a field line's value is exactly the character 1, and whatever else counts for nothing
(section "The Sec-GPC Header Field for HTTP Requests"); so there is nothing to refuse in a header. What a site
says about itself at `/.well-known/gpc.json` is a JSON document (section "GPC Support Representation").
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from consent.kernel.canonical import MalformedJson, loads
from consent.kernel.times import read_time
from consent.signals.errors import Fault, MalformedSignal

HEADER = "Sec-GPC"
SIGNAL = "1"
WELL_KNOWN = "/.well-known/gpc.json"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def is_signalled(value: object) -> bool:
    """Return whether the value of one `Sec-GPC` line is the signal: exactly the text `1`.

    White space around a value is taken away by HTTP itself (RFC 9110 section 5.5), before a value is one.
    """
    return isinstance(value, str) and value == SIGNAL


def is_any_signalled(values: Iterable[object]) -> bool:
    """Return whether one of several `Sec-GPC` lines is the signal: that is as if there were only that one."""
    return any(map(is_signalled, values))


@dataclass(frozen=True, slots=True)
class Support:
    """What a site says about itself: whether it abides by the signal, and since when it says so."""

    gpc: bool
    last_update: str | None = None
    """As it was written: `2026-11-30`, or an RFC 3339 time; None if none that is valid was given."""


def write_support(*, gpc: bool, last_update: date) -> Mapping[str, Any]:
    """Return the document that a site serves as `application/json`."""
    day = last_update.isoformat()[: len("2026-11-30")]
    return {"gpc": gpc, "lastUpdate": day}


def read_support(text: bytes | str) -> Support:
    """Return what a site's document says. Members that the specification does not name are passed over.

    :raises MalformedSignal: if the site's support is unknown: no JSON, no object, or `gpc` neither true nor
        false. By the specification a `lastUpdate` that is no date leaves only the date unknown.
    """
    try:
        document = loads(text)
    except MalformedJson as error:
        raise MalformedSignal(Fault("not_json", str(error))) from error
    if not isinstance(document, dict):
        raise MalformedSignal(Fault("not_an_object", "expected a JSON object"))
    if not isinstance(document.get("gpc"), bool):
        raise MalformedSignal(Fault("not_a_truth", "expected true or false", field="gpc"))
    return Support(document["gpc"], _read_day(document.get("lastUpdate")))


def check_support(text: bytes | str) -> Support:
    """Return what our own document says.

    :raises MalformedSignal: as `read_support` does, and if `lastUpdate` is missing or no date or time.
    """
    support = read_support(text)
    if support.last_update is None:
        detail = "expected a date such as 2026-11-30, or an RFC 3339 time"
        raise MalformedSignal(Fault("not_a_date", detail, field="lastUpdate"))
    return support


def _read_day(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    if not _DATE.fullmatch(value):
        return value if read_time(value) else None
    try:
        date.fromisoformat(value)
    except ValueError:
        return None
    return value
