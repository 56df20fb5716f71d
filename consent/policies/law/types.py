"""The law table as frozen values. Pure: no Django, no clock."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cached_property
from typing import ClassVar, TypeVar

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

Slot = tuple[str, ...]
"""What a row speaks of, its dates left out: of rows of one slot, one at a time is in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """What is the same for every row: where, since when, says who, and how sure that is."""

    jurisdiction: str
    effective_from: date
    """The first day. It holds until the next row of its slot begins."""
    effective_until: date | None = None
    """The last day, where the law itself names one."""
    citation: str
    sources: tuple[str, ...]
    confidence: Confidence
    note: str = ""

    slot_fields: ClassVar[tuple[str, ...]] = ()
    """The fields that make up the slot, besides the jurisdiction."""

    @property
    def slot(self) -> Slot:
        """The row's slot, jurisdiction first."""
        return (self.jurisdiction, *(str(getattr(self, name)) for name in self.slot_fields))

    @property
    def check_before_use(self) -> bool:
        """Whether somebody should read the law before relying on this row."""
        return self.confidence is Confidence.RECALL


@dataclass(frozen=True, slots=True, kw_only=True)
class Statute(Provision):
    """The jurisdiction's privacy law, and the rights it gives."""

    title: str
    rights: tuple[Right, ...] = ()
    """Empty if nobody has read it yet."""
    free_requests: int | None = None
    """How many requests a year are free; None: no number is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock(Provision):
    """How long a controller has for something."""

    slot_fields = ("kind",)

    kind: ClockKind
    within: int | None = None
    """In `unit`; None: without delay, and no number."""
    unit: ClockUnit | None = None
    counting: CountingRule
    extension: int = 0
    """By how much it may be extended, in `unit`, counted on from the end of `within`."""
    open_extension: bool = False
    """True: it may be extended by telling the person the new date, and no number is set."""
    extension_notice_within: int | None = None
    """Until when the person must be told of an extension, in `unit` from receipt."""
    decline_notice_within: int | None = None
    """Until when the person must be told of a refusal, in `unit` from receipt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeLimit(Provision):
    """What the law asks for of people younger than an age."""

    slot_fields = ("topic", "needs")

    topic: AgeTopic
    under: int
    """In whole years."""
    needs: AgeNeed


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentDefault(Provision):
    """What the law asks for before data is used for a topic."""

    slot_fields = ("topic",)

    topic: Topic
    demand: Demand
    also_accepted: tuple[LegalBasis, ...] = ()
    """Bases that the law accepts besides what `demand` asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty(Provision):
    """Something that a law asks of controllers, or of which it is known that it does not."""

    slot_fields = ("kind",)

    kind: DutyKind
    holds: bool = True
    """False: it is known that there is no such duty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice(Provision):
    """What a regulator or a framework recommends."""

    slot_fields = ("kind", "topic")

    kind: PracticeKind
    topic: Topic
    months: int | None = None
    """None: no number is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A jurisdiction: a country, a part of one, or a group of countries."""

    code: str
    """ISO 3166-1 (`DE`) or 3166-2 (`US-CA`), or the group `EU` or `EEA`."""
    title: str
    parent: str | None = None
    """The country that a part belongs to."""
    groups: tuple[str, ...] = ()
    """The groups that a country is a member of, the most specific first."""


Kind = TypeVar("Kind", bound=Provision)

KINDS: Mapping[str, type[Provision]] = {
    "statutes": Statute,
    "clocks": Clock,
    "age_limits": AgeLimit,
    "consent_defaults": ConsentDefault,
    "duties": Duty,
    "practices": Practice,
}
"""The lists that a jurisdiction of the table has -> what their rows are."""


def own_fields(kind: type[Provision]) -> tuple[str, ...]:
    """Return the names of a row's fields as the table writes them: all but the jurisdiction."""
    return tuple(one.name for one in fields(kind) if one.name != "jurisdiction")


@dataclass(frozen=True)
class LawTable:
    """The law as the table has it: places, and dated rows under them.

    A look-up follows the place's parent and groups: `US-CA` then `US`; `DE`, then `EU`, then `EEA`. The
    nearest place that has a row of what is asked for speaks.
    """

    places: Mapping[str, Place] = field(default_factory=dict)
    provisions: tuple[Provision, ...] = ()

    def chain(self, code: str) -> tuple[str, ...]:
        """Return where to look for the law of `code`, the nearest first. An unknown code stands alone."""
        place = self.places.get(code)
        if place is None:
            country = code.partition("-")[0]
            return (code, *self.chain(country)) if country != code else (code,)
        return (code, *(self.chain(place.parent) if place.parent else place.groups))

    def members(self, group: str) -> tuple[str, ...]:
        """Return the countries of a group, or the parts of a country; empty if there are none."""
        return tuple(
            sorted(
                code for code, place in self.places.items() if group in place.groups or place.parent == group
            )
        )

    def in_force(self, at: date) -> "LawTable":
        """Return the table with the rows that hold on the day `at`, at most one of each slot."""
        latest: dict[tuple[type[Provision], Slot], Provision] = {}
        for row in sorted(self.provisions, key=lambda row: row.effective_from):
            if row.effective_from <= at:
                latest[type(row), row.slot] = row
        held = (row for row in latest.values() if row.effective_until is None or at <= row.effective_until)
        return LawTable(self.places, tuple(held))

    def find(self, kind: type[Kind], code: str, /, **wanted: object) -> tuple[Kind, ...]:
        """Return the rows of `kind` whose fields are as `wanted`, of the nearest place that has any."""
        for place in self.chain(code):
            found = tuple(self._matching(kind, place, wanted))
            if found:
                return found
        return ()

    def first(self, kind: type[Kind], code: str, /, **wanted: object) -> Kind | None:
        """Return the first of what `find` returns, or None."""
        return next(iter(self.find(kind, code, **wanted)), None)

    def _matching(self, kind: type[Kind], place: str, wanted: Mapping[str, object]) -> Iterator[Kind]:
        for row in self._by_place.get((kind, place), ()):
            if isinstance(row, kind) and all(getattr(row, name) == value for name, value in wanted.items()):
                yield row

    @cached_property
    def _by_place(self) -> Mapping[tuple[type[Provision], str], tuple[Provision, ...]]:
        return _grouped(self.provisions)


def _grouped(rows: Iterable[Provision]) -> Mapping[tuple[type[Provision], str], tuple[Provision, ...]]:
    found: dict[tuple[type[Provision], str], list[Provision]] = {}
    for row in rows:
        found.setdefault((type(row), row.jurisdiction), []).append(row)
    return {key: tuple(group) for key, group in found.items()}
