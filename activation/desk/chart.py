"""A chart of two bars a row, laid out in whole units for an SVG. Colours are the template's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_ROWS = 15
_WIDTH, _LABELS, _NUMBERS = 800, 260, 90
_ROW, _BAR = 48, 16
_LONGEST_LABEL = 36


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, and the number written at its end."""

    y: int
    width: int
    text_x: int
    text_y: int
    number: str


@dataclass(frozen=True, slots=True)
class Row:
    """One thing counted: its label, and what is taken away and given."""

    label: str
    label_y: int
    taken: Bar
    given: Bar


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws."""

    rows: Sequence[Row]
    width: int
    height: int
    bar_x: int
    bar_height: int
    label_x: int
    description: str
    """The same in words, for whoever does not see the picture."""
    left_out: int
    """Rows beyond the `MOST_ROWS` largest."""


def draw(shifts: Sequence[Mapping[str, Any]], dimension: str) -> Chart:
    """Return the chart of `shifts`, which come with the largest first."""
    shown = shifts[:MOST_ROWS]
    largest = max((max(one["allow_to_deny"], one["deny_to_allow"]) for one in shown), default=0)
    return Chart(
        rows=[_row(place, one, dimension, largest) for place, one in enumerate(shown)],
        width=_WIDTH,
        height=_ROW * len(shown),
        bar_x=_LABELS,
        bar_height=_BAR,
        label_x=_LABELS - 12,
        description="; ".join(
            f"{one[dimension]}: {one['allow_to_deny']:,} from allow to deny, "
            f"{one['deny_to_allow']:,} from deny to allow"
            for one in shown
        ),
        left_out=len(shifts) - len(shown),
    )


def _row(place: int, shift: Mapping[str, Any], dimension: str, largest: int) -> Row:
    top, label = place * _ROW, str(shift[dimension])
    return Row(
        label=label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…",
        label_y=top + 24,
        taken=_bar(top + 3, shift["allow_to_deny"], largest),
        given=_bar(top + 3 + _BAR + 2, shift["deny_to_allow"], largest),
    )


def _bar(y: int, answers: int, largest: int) -> Bar:
    longest = _WIDTH - _LABELS - _NUMBERS
    width = max(2, answers * longest // largest) if answers else 0
    return Bar(y=y, width=width, text_x=_LABELS + width + 6, text_y=y + 13, number=f"{answers:,}")
