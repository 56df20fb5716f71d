"""What the home page is made of. Pure."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Tone(StrEnum):
    """How much a number matters now. The words beside it say the same: no colour speaks alone."""

    WRONG = "wrong"
    WAITS = "waits"  # for an officer, as it should
    CALM = "calm"


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that needs an officer, in words, and where it is seen to."""

    words: str
    address: str
    tone: Tone = Tone.WRONG


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, what it counts, and the list that it is the length of."""

    label: str
    value: str
    address: str = ""
    """Empty: there is no list that the officer may open."""
    tone: Tone = Tone.CALM


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table."""

    text: str
    address: str = ""
    tone: Tone = Tone.CALM


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headers; the first cell of each says what the row is about."""

    caption: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    folded: bool = False
    """Shown when it is opened: it says what a chart beside it says."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of what the panel's folded table says."""

    kind: str
    """bar | line"""
    data: Mapping[str, object]
    options: Mapping[str, object]
    description: str
    """In words, for whoever does not see it."""

    @property
    def data_text(self) -> str:
        """Return the data as the theme's script reads it."""
        return json.dumps(self.data)

    @property
    def options_text(self) -> str:
        """Return the options as the theme's script reads them."""
        return json.dumps(self.options)


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do first where there is nothing to show yet."""

    words: str
    address: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One part of the page."""

    key: str
    title: str
    address: str = ""
    sentence: str = ""
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()
    chart: Chart | None = None
    advice: Advice | None = None
    needs: Sequence[Need] = ()
    fields: object = None
    """The form that chooses what is shown, if there is something to choose."""
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for the page, when, and what the address chooses."""

    officer_id: int
    may: Callable[[str], bool]
    """Whether the officer has a permission."""
    at: datetime
    chosen: Mapping[str, str]
