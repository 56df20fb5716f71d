"""The form of each field of the law table, and of its rows. Pure: no Django, no clock."""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from consent.policies.document.codes import load_codes
from consent.policies.law.types import (
    AgeLimit,
    Clock,
    ConsentDefault,
    Duty,
    Practice,
    Provision,
    Statute,
)
from consent.policies.law.words import (
    AgeNeed,
    AgeTopic,
    ClockKind,
    ClockUnit,
    Confidence,
    CountingRule,
    Demand,
    DutyKind,
    PracticeKind,
    Right,
    Topic,
)
from consent.policies.types import LegalBasis

LONGEST_LINE = 300
LONGEST_TEXT = 4000
OLDEST_AGE = 25
LARGEST_NUMBER = 1000
"""Of days and months: what is more is a slip."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
UNITS = {
    CountingRule.EU_MONTH: ClockUnit.MONTHS,
    CountingRule.UK_MONTH: ClockUnit.MONTHS,
    CountingRule.CALENDAR_DAYS: ClockUnit.CALENDAR_DAYS,
    CountingRule.CALIFORNIA_DAYS: ClockUnit.CALENDAR_DAYS,
    CountingRule.SOUTH_AFRICA_DAYS: ClockUnit.CALENDAR_DAYS,
    CountingRule.BUSINESS_DAYS: ClockUnit.BUSINESS_DAYS,
    CountingRule.WITHOUT_DELAY: None,
}
"""How a period is counted -> what it is counted in."""

Word = TypeVar("Word", bound=StrEnum)


class Unexpected(Exception):
    """A value is not what its field holds; the message says what was expected."""


Reader = Callable[[Any], Any]
"""Returns a field's value from what JSON holds, or raises `Unexpected`."""


def read_line(value: Any) -> str:
    """Return a line of text.

    :raises Unexpected: if it is none.
    """
    if not isinstance(value, str) or not value.strip() or "\n" in value or len(value) > LONGEST_LINE:
        raise Unexpected(f"a line of text, at most {LONGEST_LINE} letters")
    return value


def read_text(value: Any) -> str:
    """Return a text, which may be empty.

    :raises Unexpected: if it is none.
    """
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise Unexpected(f"a text, at most {LONGEST_TEXT} letters")
    return value


def read_date(value: Any) -> date:
    """Return a date.

    :raises Unexpected: if it is none.
    """
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise Unexpected("a date such as '2026-01-31'")


def read_flag(value: Any) -> bool:
    """Return true or false.

    :raises Unexpected: if it is neither.
    """
    if not isinstance(value, bool):
        raise Unexpected("true or false")
    return value


def number(least: int, most: int) -> Reader:
    """Return a reader of whole numbers from `least` to `most`."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise Unexpected(f"a whole number from {least} to {most}")
        return value

    return read


def one_of(words: type[Word]) -> Reader:
    """Return a reader of one word of a closed list."""

    def read(value: Any) -> Word:
        if not isinstance(value, str) or value not in {word.value for word in words}:
            raise Unexpected(f"one of {', '.join(words)}")
        return words(value)

    return read


def list_of(read: Reader, what: str, *, least: int = 0) -> Reader:
    """Return a reader of lists of at least `least` items, each once; `what` names the items."""

    def read_list(value: Any) -> tuple[Any, ...]:
        expected = f"a list of {what}, each once" + (f", at least {least}" if least else "")
        if not isinstance(value, list) or len(value) < least:
            raise Unexpected(expected)
        try:
            items = tuple(read(item) for item in value)
        except Unexpected as unexpected:
            raise Unexpected(f"{expected}; an item is {unexpected}") from unexpected
        if len(set(items)) < len(items):
            raise Unexpected(expected)
        return items

    return read_list


def read_code(value: Any) -> str:
    """Return a jurisdiction's code.

    :raises Unexpected: if it is not known.
    """
    if not isinstance(value, str) or not load_codes().is_known(value):
        meant = load_codes().mistaken.get(value) if isinstance(value, str) else None
        raise Unexpected(
            f"{meant!r}"
            if meant
            else "an ISO 3166 country, a US state, a Canadian province or territory, EU or EEA"
        )
    return value


def read_group(value: Any) -> str:
    """Return the code of a group.

    :raises Unexpected: if it is none.
    """
    if not isinstance(value, str) or value not in load_codes().groups:
        raise Unexpected(f"one of {', '.join(load_codes().groups)}")
    return value


_PROVISION: Mapping[str, Reader] = {
    "effective_from": read_date,
    "effective_until": read_date,
    "citation": read_line,
    "sources": list_of(read_line, "lines", least=1),
    "confidence": one_of(Confidence),
    "note": read_text,
}

FORMS: Mapping[type[Provision], Mapping[str, Reader]] = {
    Statute: {
        **_PROVISION,
        "title": read_line,
        "rights": list_of(one_of(Right), "rights"),
        "free_requests": number(1, LARGEST_NUMBER),
    },
    Clock: {
        **_PROVISION,
        "kind": one_of(ClockKind),
        "within": number(1, LARGEST_NUMBER),
        "unit": one_of(ClockUnit),
        "counting": one_of(CountingRule),
        "extension": number(0, LARGEST_NUMBER),
        "open_extension": read_flag,
        "extension_notice_within": number(1, LARGEST_NUMBER),
        "decline_notice_within": number(1, LARGEST_NUMBER),
    },
    AgeLimit: {
        **_PROVISION,
        "topic": one_of(AgeTopic),
        "under": number(1, OLDEST_AGE),
        "needs": one_of(AgeNeed),
    },
    ConsentDefault: {
        **_PROVISION,
        "topic": one_of(Topic),
        "demand": one_of(Demand),
        "also_accepted": list_of(one_of(LegalBasis), "legal bases"),
    },
    Duty: {**_PROVISION, "kind": one_of(DutyKind), "holds": read_flag},
    Practice: {
        **_PROVISION,
        "kind": one_of(PracticeKind),
        "topic": one_of(Topic),
        "months": number(1, LARGEST_NUMBER),
    },
}
"""The fields that a row of each kind may have."""


def required_fields(kind: type[Provision]) -> frozenset[str]:
    """Return the fields that a row of `kind` must have."""
    return frozenset(
        one.name
        for one in fields(kind)
        if one.default is MISSING and one.default_factory is MISSING and one.name != "jurisdiction"
    )


def find_contradictions(row: Provision) -> Mapping[str, str]:
    """Return what is wrong with a row as a whole: field -> what was expected."""
    found: dict[str, str] = {}
    if row.effective_until is not None and row.effective_until < row.effective_from:
        found["effective_until"] = f"a day from {row.effective_from} on"
    if isinstance(row, Clock):
        found |= _clock_contradictions(row)
    if isinstance(row, ConsentDefault) and row.topic is Topic.ANY:
        found["topic"] = "a topic of its own: only practices speak of any"
    return found


def _clock_contradictions(clock: Clock) -> Mapping[str, str]:
    found: dict[str, str] = {}
    unit = UNITS[clock.counting]
    if clock.unit is not unit:
        found["unit"] = f"{unit or 'no unit'}, because {clock.counting} counts so"
    if (clock.within is None) is not (unit is None):
        found["within"] = f"{'no number' if unit is None else 'a number'}, because of {clock.counting}"
    if clock.extension and clock.open_extension:
        found["open_extension"] = "false, because a number is set for the extension"
    return found
