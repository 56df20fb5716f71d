"""The part of a mapping that says where a consent management platform's strings stand."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from consent.policies.document.paths import Parts
from consent.records.adapters.types import SignalFields

STRINGS = ("tcf", "gpp", "usp")
ISO, SECONDS, MILLISECONDS = "iso", "seconds", "milliseconds"

_BESIDE = ("schema", "identifiers", "signals", "controller", "notice", "notice_version", "time_zone")
_DIRECTIVES = frozenset("YmdHMSfz")
"""Of a pattern: numbers alone. Names of months differ with the machine's language."""
_DATE = frozenset("Ymd")
_MOMENT = datetime(2026, 1, 2, tzinfo=UTC)
_EXPECTED = "expected iso, seconds, milliseconds, or a pattern of %Y, %m and %d, and of %H, %M, %S, %f and %z"


def read_signal_fields(told: Mapping[str, Any]) -> SignalFields:
    """Return what the part, found to be in order, says."""
    return SignalFields(
        strings={name: told[name] for name in STRINGS if name in told},
        gpc=told.get("gpc"),
        effective_at=told.get("effective_at"),
        time_format=told.get("time_format", ISO),
        jurisdictions=tuple(told.get("jurisdictions", ())),
        controller=told.get("controller"),
    )


def find_signal_faults(document: Mapping[str, Any]) -> Iterator[tuple[Parts, str]]:
    """Yield what is wrong with the part, and with what stands beside it, that the schema cannot say."""
    told = document.get("signals")
    if not isinstance(told, dict):
        return
    for name in document:
        if name not in _BESIDE:
            yield (name,), "says nothing beside signals: what they mean is said by the mapping of signals"
    if not any(name in told for name in (*STRINGS, "gpc")):
        yield ("signals",), f"names none of {', '.join(STRINGS)} and gpc"
    if "tcf" in told and "controller" not in told and "controller" not in document:
        yield ("controller",), "missing; a TC string can grant, and names nobody whom it grants to"
    yield from _find_twice(told)
    yield from _find_time_faults(told, document)


def _find_twice(told: Mapping[str, Any]) -> Iterator[tuple[Parts, str]]:
    seen: set[object] = set()
    for name in (*STRINGS, "gpc"):
        if isinstance(field := told.get(name), str):
            if field in seen:
                yield ("signals", name), "stands in the field of another signal"
            seen.add(field)


def _find_time_faults(told: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[tuple[Parts, str]]:
    pattern = told.get("time_format", ISO)
    place = ("signals", "time_format")
    if "time_format" in told and "effective_at" not in told:
        yield place, "says how effective_at is written, and there is none"
    if not isinstance(pattern, str) or pattern in {ISO, SECONDS, MILLISECONDS}:
        return
    if not _is_pattern(pattern):
        yield place, _EXPECTED
    elif "%z" not in pattern and "time_zone" not in document:
        yield ("time_zone",), "missing; the pattern of signals.time_format has no offset (%z)"


def _is_pattern(pattern: str) -> bool:
    """Return whether it names a whole date, in numbers, and each part once, and reads what it writes."""
    found = [part[:1] for part in pattern.replace("%%", "").split("%")[1:]]
    if not _DATE <= set(found) <= _DIRECTIVES or len(set(found)) < len(found):
        return False
    try:
        read_pattern(_MOMENT.strftime(pattern), pattern, UTC)
    except ValueError:
        return False
    return True


def read_pattern(text: str, pattern: str, zone: tzinfo | None) -> datetime:
    """Return the time that `text` names by the pattern; `zone` is its own if it has no offset.

    :raises ValueError: if it names none.
    """
    moment = datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is put in below
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
