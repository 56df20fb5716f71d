"""`manage.py explain_deadline`: when a request would be due, and why."""

import argparse
import json
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError

from consent.policies.queries import explain_code
from consent.requests.clocks.explaining import explain_deadline
from consent.requests.clocks.types import ClockEvent, ComputedDate, Deadlines
from consent.requests.clocks.zones import zone_of
from consent.requests.types import EventKind, ExtensionGround, PauseGround, RequestType

_A_TIME = "a date such as 2026-03-05, or a time with its offset such as 2026-03-05T09:30:00+01:00"
_FIRST, _LAST = 1980, 2200
"""Years that dates are taken from: outside, nobody knows the holidays."""


class Command(BaseCommand):
    """Prints every date of a request that is only thought of, as JSON."""

    help = "Explain when a request of a type would be due in a jurisdiction, by the law on record."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("--jurisdiction", required=True, help="such as DE, US-CA or EU")
        parser.add_argument("--type", required=True, help=", ".join(RequestType))
        parser.add_argument("--received", required=True, help=_A_TIME)
        parser.add_argument("--paused-on", help="when the clock was made to stand still")
        parser.add_argument("--ground", default="identity", help=f"of the pause: {', '.join(PauseGround)}")
        parser.add_argument("--resumed-on", help="when it went on")
        parser.add_argument("--extended-on", help="when the person was told of an extension")
        parser.add_argument("--extended-until", help="the date they were told, where the law sets no number")

    def handle(self, **asked: Any) -> None:
        """Print one JSON object. That no law is on record is an answer, not an error.

        :raises CommandError: if there is no such jurisdiction, type or ground, or no such time.
        """
        jurisdiction = asked["jurisdiction"]
        if fault := explain_code(jurisdiction):
            raise CommandError(f"--jurisdiction: {fault}")
        received_at = _moment(asked["received"], "--received", jurisdiction)
        dates = explain_deadline(
            jurisdiction=jurisdiction,
            type=_word(RequestType, asked["type"], "--type"),
            received_at=received_at,
            events=_events(asked, jurisdiction, received_at),
        )
        self.stdout.write(json.dumps(_as_json(dates, asked), ensure_ascii=False, indent=2))


def _events(asked: dict[str, Any], jurisdiction: str, received_at: datetime) -> tuple[ClockEvent, ...]:
    times = {
        name: _moment(asked[name], f"--{name.replace('_', '-')}", jurisdiction)
        for name in ("paused_on", "resumed_on", "extended_on")
        if asked[name]
    }
    _refuse_disorder(asked, times, received_at)
    ground = _word(PauseGround, asked["ground"], "--ground")
    until = _day(asked["extended_until"], "--extended-until") if asked["extended_until"] else None
    kinds = {
        "paused_on": (EventKind.PAUSED, ground.value, None),
        "resumed_on": (EventKind.RESUMED, "", None),
        "extended_on": (EventKind.EXTENDED, ExtensionGround.COMPLEXITY.value, until),
    }
    events = [
        ClockEvent(kind=kinds[name][0], at=at, ground=kinds[name][1], until=kinds[name][2])
        for name, at in times.items()
    ]
    return tuple(sorted(events, key=lambda event: event.at))


def _refuse_disorder(asked: dict[str, Any], times: dict[str, datetime], received_at: datetime) -> None:
    if "resumed_on" in times and "paused_on" not in times:
        raise CommandError("--resumed-on: say --paused-on, too")
    if asked["extended_until"] and "extended_on" not in times:
        raise CommandError("--extended-until: say --extended-on, too")
    if "resumed_on" in times and times["resumed_on"] < times["paused_on"]:
        raise CommandError("--resumed-on: is before --paused-on")
    for name, at in times.items():
        if at.date() < received_at.date() and at < received_at:
            raise CommandError(f"--{name.replace('_', '-')}: is before --received")


def _word(words: Any, value: str, option: str) -> Any:
    try:
        return words(value.replace("-", "_"))
    except ValueError as error:
        raise CommandError(f"{option}: expected one of {', '.join(words)}") from error


def _day(value: str, option: str) -> date:
    try:
        day = date.fromisoformat(value)
    except ValueError as error:
        raise CommandError(f"{option}: expected a date such as 2026-03-05") from error
    return _within(day, option)


def _within(day: date, option: str) -> date:
    if not _FIRST <= day.year <= _LAST:
        raise CommandError(f"{option}: expected a year from {_FIRST} to {_LAST}")
    return day


def _moment(value: str, option: str, jurisdiction: str) -> datetime:
    """Return the moment; of a date, noon in the jurisdiction's zone."""
    try:
        if "T" not in value.upper():
            day = _within(date.fromisoformat(value), option)
            return datetime.combine(day, time(12), tzinfo=ZoneInfo(zone_of(jurisdiction)))
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise CommandError(f"{option}: expected {_A_TIME}") from error
    if moment.tzinfo is None:
        raise CommandError(f"{option}: expected {_A_TIME}")
    _within(moment.date(), option)
    return moment


def _as_json(dates: Deadlines, asked: dict[str, Any]) -> dict[str, Any]:
    named = {
        "acknowledge_by": dates.acknowledge_by,
        "due_on": dates.due_on,
        "extended_due_on": dates.extended_due_on,
        "extension_notice_by": dates.extension_notice_by,
        "decline_notice_by": dates.decline_notice_by,
        "appeal": dates.appeal,
    }
    last = dates.due_at - timedelta(seconds=1)
    return {
        "jurisdiction": dates.jurisdiction,
        "type": asked["type"].replace("-", "_"),
        "zone": dates.zone,
        "received_on": dates.received_on.isoformat(),
        **{name: _on(one) for name, one in named.items() if name != "appeal"},
        "due_at": dates.due_at.isoformat(),
        "sorted_on": last.astimezone(ZoneInfo(dates.zone)).date().isoformat(),
        "is_paused": dates.is_paused,
        "is_extended": dates.is_extended,
        "check_before_use": dates.check_before_use,
        "explanation": dates.due_on.explanation,
        "source": dates.due_on.source,
        "details": {
            name: {"explanation": one.explanation, "source": one.source} for name, one in named.items() if one
        },
    }


def _on(one: ComputedDate | None) -> str | None:
    return one.on.isoformat() if one and one.on else None
