"""Values that a comparison is made of."""

from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from typing import Any


class Direction(StrEnum):
    """Which way a difference goes.

    It is a promise about every question that can be asked: after a change that is only `narrower`, nothing
    is allowed that was denied; after one that is only `wider`, nothing is denied that was allowed; after one
    of `wording`, no answer is another one, allow or deny.
    """

    WORDING = "wording"
    NARROWER = "narrower"
    WIDER = "wider"
    BOTH = "both"
    UNCLEAR = "unclear"  # what is on record decides, or what a recipient makes of it


def together(*directions: Direction) -> Direction:
    """Return the direction of several changes together; that of none is `wording`."""
    return reduce(_join, directions, Direction.WORDING)


def _join(one: Direction, other: Direction) -> Direction:
    if Direction.UNCLEAR in (one, other):
        return Direction.UNCLEAR
    if one is other or other is Direction.WORDING:
        return one
    return other if one is Direction.WORDING else Direction.BOTH


class Kind(StrEnum):
    """What became of a part of the text."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that a change does, in words."""

    direction: Direction
    words: str
    is_grave: bool = False
    """True if it changes what people were told in the past."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, as it stood and as it stands. None: it is not there."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text: in both (`kept`), or in one only (`removed`, `added`)."""

    mark: str
    text: str


@dataclass(frozen=True, slots=True)
class TextChange:
    """One longer text, word by word."""

    path: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One rule, purpose, notice … that differs."""

    key: str
    title: str
    kind: Kind
    effects: tuple[Effect, ...]
    changes: tuple[FieldChange, ...] = ()
    texts: tuple[TextChange, ...] = ()

    @property
    def direction(self) -> Direction:
        """The direction of all its effects together."""
        return together(*(effect.direction for effect in self.effects))


@dataclass(frozen=True, slots=True)
class Section:
    """The differences in one part of the document, in the order in which they are shown."""

    name: str
    entries: tuple[Entry, ...]

    def of_kind(self, kind: Kind) -> tuple[Entry, ...]:
        """Return the entries that were `kind`."""
        return tuple(entry for entry in self.entries if entry.kind is kind)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that differs. Sections without a difference are left out."""

    sections: tuple[Section, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the texts are the same."""
        return not self.sections

    @property
    def direction(self) -> Direction:
        """The direction of the whole."""
        return together(*(entry.direction for one in self.sections for entry in one.entries))

    @property
    def words(self) -> str:
        """The whole in one sentence."""
        if self.is_empty:
            return "The texts are the same."
        return {
            Direction.WORDING: "Only the wording differs: no question gets another answer.",
            Direction.NARROWER: "Narrower: more is denied, and nothing that was denied becomes allowed.",
            Direction.WIDER: "Wider: more may be allowed, and nothing that was allowed becomes denied.",
            Direction.BOTH: "Both ways: some of what was denied may be allowed, and the other way round.",
            Direction.UNCLEAR: "Unclear: at least one difference cannot be judged from the texts alone.",
        }[self.direction]
