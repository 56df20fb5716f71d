"""Figures about requests as values. Pure. The JSON that is handed out, and its schemas, are these fields."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from consent.requests.types import RefusalGround, RequestState, RequestType

CALIFORNIA: Literal["accordant/request-figures/california/1"] = "accordant/request-figures/california/1"
SUMMARY: Literal["accordant/request-figures/summary/1"] = "accordant/request-figures/summary/1"
Time = Annotated[datetime, msgspec.Meta(tz=True)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Days = Annotated[float, msgspec.Meta(description="Days, to one decimal.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Requests that are alike in all that figures tell, counted together."""

    controller: str
    jurisdiction: str
    type: RequestType
    state: RequestState
    ground: RefusalGround | None
    is_extended: bool
    is_late: bool
    """Closed after the date in force; of an open one: that date is over at the end of the period."""
    days: int | None
    """From the day of receipt to the day of closing, as days are counted where the person lives."""
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What the database counted: the three populations that figures are about."""

    received: tuple[Group, ...]
    """Received within the period, as they are now."""
    closed: tuple[Group, ...]
    """Closed within the period, whenever they were received."""
    pending: tuple[Group, ...]
    """Received before the end of the period, and not closed by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundCount:
    """How many were refused on one ground."""

    ground: RefusalGround
    count: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """How long answers took."""

    answered: Count
    """How many requests it is about."""
    median_days: Days | None
    """Of an even number: the mean of the two in the middle. Null: nothing was answered."""
    mean_days: Days | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaliforniaRow:
    """The metrics of one kind of request under 11 CCR 7102(a)."""

    kind: str
    received: Count
    complied: Count
    """In whole or in part."""
    complied_in_part: Count
    """Of these: in part."""
    denied: Count
    denied_by_ground: tuple[GroundCount, ...]
    never_verified: Count
    """Ended because the consumer never confirmed who they are, or never answered."""
    taken_back: Count
    """By the consumer."""
    pending: Count
    duration: Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRow:
    """How one set of requests went within a period."""

    name: str
    received: Count
    closed: Count
    answered: Count
    """Of the closed ones: fulfilled, partly fulfilled or refused."""
    fulfilled: Count
    partly_fulfilled: Count
    refused: Count
    refused_by_ground: tuple[GroundCount, ...]
    in_time: Count
    late: Count
    extended: Count
    expired: Count
    cancelled: Count
    pending: Count
    pending_overdue: Count
    duration: Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What one figure means."""

    figure: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaliforniaFigures:
    """The metrics of 11 CCR 7102(a) for one calendar year."""

    schema: Literal["accordant/request-figures/california/1"] = CALIFORNIA
    year: int
    jurisdiction: str
    controller: str | None
    """Null: all controllers together."""
    generated_at: Time
    rows: tuple[CaliforniaRow, ...]
    definitions: tuple[Definition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryFigures:
    """How requests went within a period: by type, by controller and by jurisdiction."""

    schema: Literal["accordant/request-figures/summary/1"] = SUMMARY
    since: date
    until: date
    """The first day that is not part of it."""
    jurisdiction: str | None
    controller: str | None
    generated_at: Time
    total: SummaryRow
    by_type: tuple[SummaryRow, ...]
    by_controller: tuple[SummaryRow, ...]
    by_jurisdiction: tuple[SummaryRow, ...]
    definitions: tuple[Definition, ...]
