"""For which grounds a clock may stand still, and what that does to it. Pure: no Django, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from consent.policies.law.types import Clock
from consent.policies.law.words import ClockKind, CountingRule
from consent.requests.clocks.types import ClockEvent
from consent.requests.clocks.zones import day_of
from consent.requests.types import EventKind, PauseGround


class PauseEffect(StrEnum):
    """What a pause does to a period."""

    ADDS_DAYS = "adds_days"  # those from the day it stood still to the day it went on
    BEGINS_AGAIN = "begins_again"  # on the day on which what was asked for came


@dataclass(frozen=True, slots=True)
class PauseRule:
    """That a law lets a clock stand still on a ground."""

    effect: PauseEffect
    source: str


_ART_12_6 = "Regulation (EU) 2016/679 Art. 12(6), EDPB Guidelines 01/2022 (from secondary sources)"
_ART_12A = "UK GDPR Art. 12A (from secondary sources)"
PAUSES: Mapping[CountingRule, Mapping[PauseGround, PauseRule]] = {
    CountingRule.EU_MONTH: {PauseGround.IDENTITY: PauseRule(PauseEffect.ADDS_DAYS, _ART_12_6)},
    CountingRule.UK_MONTH: {
        PauseGround.IDENTITY: PauseRule(PauseEffect.BEGINS_AGAIN, _ART_12A),
        PauseGround.FEE: PauseRule(PauseEffect.BEGINS_AGAIN, _ART_12A),
        PauseGround.CLARIFICATION: PauseRule(PauseEffect.ADDS_DAYS, _ART_12A),
    },
}
"""Counting rule -> ground -> what it does. No other law on record lets a clock stand still: California's runs
from receipt "regardless of the time required to verify the request" (11 CCR 7021(b))."""


@dataclass(frozen=True, slots=True)
class Pause:
    """One time for which the clock stood still, or stands still."""

    ground: PauseGround
    since: date
    until: date
    """The same day as `since` if it still stands: what it adds is not known yet."""
    is_over: bool
    rule: PauseRule


@dataclass(frozen=True, slots=True)
class Start:
    """From which day a period is counted, and by how many days its end moves."""

    on: date
    added: int = 0
    pauses: tuple[Pause, ...] = ()
    """Those that count."""


def pause_rule(clock: Clock, ground: PauseGround) -> PauseRule | None:
    """Return what `ground` does to the clock; None if the law does not let it stand still for that."""
    if clock.kind is not ClockKind.RESPOND:
        return None
    return PAUSES.get(clock.counting, {}).get(ground)


def find_start(clock: Clock, received_on: date, events: Iterable[ClockEvent], zone: str) -> Start:
    """Return from when a period counts after all pauses that the law knows; others change nothing."""
    on, added = received_on, 0
    pauses = tuple(_pauses(clock, events, zone))
    for pause in pauses:
        if pause.rule.effect is PauseEffect.BEGINS_AGAIN:
            on = max(on, pause.until)
    for pause in pauses:
        if pause.rule.effect is PauseEffect.ADDS_DAYS:
            added += max(0, (pause.until - max(pause.since, on)).days)
    return Start(on, added, pauses)


def _pauses(clock: Clock, events: Iterable[ClockEvent], zone: str) -> Iterable[Pause]:
    begun: tuple[PauseGround, date] | None = None
    for event in events:
        day = day_of(event.at, zone)
        if event.kind is EventKind.PAUSED and begun is None:
            begun = (PauseGround(event.ground), day)
        elif event.kind is EventKind.RESUMED and begun is not None:
            yield from _known(clock, *begun, day, is_over=True)
            begun = None
    if begun is not None:
        yield from _known(clock, *begun, begun[1], is_over=False)


def _known(clock: Clock, ground: PauseGround, since: date, until: date, *, is_over: bool) -> Iterable[Pause]:
    if rule := pause_rule(clock, ground):
        yield Pause(ground, since, max(since, until), is_over, rule)
