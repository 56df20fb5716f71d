"""What an adapter is given beside a message, and what it returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from consent.kernel.errors import AccordantError
from consent.records.types import Choice, Fault
from consent.subjects.types import IdentifierKind

Row = dict[str, Any]
"""A row as it stands, in JSON, in one line of our NDJSON."""


class Format(StrEnum):
    """The shapes that choices are imported from."""

    NDJSON = "ndjson"
    CSV = "csv"
    SEGMENT = "segment"
    ONETRUST = "onetrust"
    TRANSCEND = "transcend"
    MPARTICLE = "mparticle"
    CMP = "cmp"  # objects of a consent management platform that hold standard strings


class MalformedMapping(AccordantError):
    """The mapping file cannot be used. `faults` tells every place, with its path."""

    code = "malformed_mapping"

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class MalformedHeader(AccordantError):
    """The first row of a CSV file does not name columns that can be imported."""

    code = "malformed_header"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalFields:
    """The fields (dotted paths) or columns that hold a platform's strings, and what they were given under."""

    strings: Mapping[str, str]
    """By the signal's name: `tcf`, `gpp`, `usp`."""
    gpc: str | None = None
    effective_at: str | None = None
    """None: what has no time of its own counts from the import on."""
    time_format: str = "iso"
    """`iso`, `seconds`, `milliseconds`, or a pattern."""
    jurisdictions: tuple[str, ...] = ()
    controller: str | None = None
    """None: the mapping's own claim is every row's."""

    @property
    def names(self) -> tuple[str, ...]:
        """All the fields."""
        single = (self.gpc, self.effective_at, self.controller)
        return (*self.strings.values(), *(one for one in single if one is not None), *self.jurisdictions)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportMapping:
    """What a source's names stand for here."""

    identifiers: Mapping[str, IdentifierKind] = field(default_factory=dict)
    """The kind of each field (a dotted path) or column."""
    purposes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The purposes that each category of the source stands for."""
    not_ours: frozenset[str] = frozenset()
    """Categories that nothing is recorded of, by the mapping's word."""
    no_means: Choice = Choice.REFUSED
    unmapped_no: str | None = None
    """What a no to a category that is not mapped speaks of; None: it is a fault."""
    claims: Mapping[str, Any] = field(default_factory=dict)
    """What every choice is recorded with: `controller`, `notice`, `notice_version`, `method`, `form`."""
    time_zone: ZoneInfo | None = None
    """Where times without an offset were written; None: such a time is a fault."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """CSV: the column of each field of a choice."""
    values: Mapping[str, Choice] = field(default_factory=dict)
    """CSV: the choice that each value of a cell stands for."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """CSV: the `choice` and `purpose` of a row that has no column for it."""
    signals: SignalFields | None = None
    """Where standard strings stand; the file then says nothing but by them."""


@dataclass(frozen=True, slots=True)
class Translated:
    """What one message holds: its rows, or, if anything is wrong with it, only its faults."""

    rows: tuple[Row, ...] = ()
    """None at all: the message tells of no choice, and is passed over."""
    faults: tuple[Fault, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    """The source's own name for a path of the rows (`signals.tcf`), where a fault is to be told by that."""
