"""What is withheld from a row, by rule and by officers. Pure.

What the data map says decides: a field that it does not name, of a dataset whose fields it names, is withheld
until somebody says what it is. What an officer withheld stays withheld, whatever it is. By rule alone, the
person's own identifiers are never taken away from them.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from consent.requests.packages.types import (
    Binary,
    CollectedRow,
    Gone,
    MappedDataset,
    MappedField,
    Redactions,
    ShownRow,
    Withheld,
)

Reason = tuple[Withheld, str]
"""Why, and an officer's own words."""

# An address may stand after other text without a space; what is before its @ is at most 64 letters long, and
# is looked for within 200, so that a long text is not gone through again and again.
_ADDRESS = re.compile(r"[^\s@\uff20<>()\[\]\",;:]{1,200}[@\uff20][^\s@\uff20<>()\[\]\"',;:]{1,255}")
# As people write numbers: with a plus, a nought or a bracket first, and seven digits or more.
_NUMBER = re.compile(r"(?<![\w.])(?:\+|\uff0b|\(\+?|0)(?:[\s().\u00a0/\u2010-\u2015-]{0,3}\d){6,17}(?!\w)")
_NO_DIGIT = re.compile(r"\D")
_SHORTEST_NUMBER = 7
_SAME_END = 9


def names_somebody(text: str) -> bool:
    """Return whether an address or a telephone number stands in `text`."""
    return bool(_ADDRESS.search(text) or _NUMBER.search(text))


class OwnIdentifiers:
    """What the person is known by: never withheld from them by rule."""

    def __init__(self, values: Iterable[str]) -> None:
        self._texts = {_fold(value) for value in values}
        numbers = {_NO_DIGIT.sub("", value) for value in self._texts if "@" not in value}
        self._ends = {number[-_SAME_END:] for number in numbers if len(number) >= _SAME_END}

    def has(self, text: str) -> bool:
        """Return whether `text` is one of them; a number in any of the ways in which it is written."""
        folded = _fold(text)
        if folded in self._texts:
            return True
        if not re.fullmatch(r"[+\uff0b(0-9][\d\s().\u00a0/\u2010-\u2015-]*", folded):
            return False
        return _NO_DIGIT.sub("", folded)[-_SAME_END:] in self._ends


def _fold(value: str) -> str:
    return value.strip().strip(".'").casefold()


@dataclass(slots=True)
class Tally:
    """How much was withheld of one dataset, and why."""

    rows: int = 0
    """How many are in the package."""
    withheld: Counter[Reason] = field(default_factory=Counter)


class Hider:
    """Withholds from the rows of one dataset what has to be."""

    def __init__(
        self,
        dataset: MappedDataset,
        *,
        own: OwnIdentifiers,
        redactions: Redactions | None = None,
        is_portable: Callable[[MappedField | None], bool] = lambda _: True,
        mark: str = "[withheld]",
    ) -> None:
        self._dataset, self._own, self._mark = dataset, own, mark
        self._redactions = redactions or Redactions()
        self._is_portable = is_portable

    def keeps(self, column: str) -> Withheld | None:
        """Return why a column is left out as a whole; None if it is there."""
        known = self._dataset.fields.get(column)
        if not self._dataset.in_access or (known is not None and not known.in_access):
            return Withheld.NOT_PART_OF_ACCESS
        if known is None and self._dataset.fields:
            return Withheld.NOT_DESCRIBED
        return None if self._is_portable(known) else Withheld.NOT_PORTABLE

    def list_columns(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return those columns that are there, in their order."""
        return tuple(column for column in columns if self.keeps(column) is None)

    def show(self, row: CollectedRow, tally: Tally | None = None) -> ShownRow | None:
        """Return what of `row` goes into a package; None if nothing does. `tally` counts what does not."""
        counts = Tally() if tally is None else tally
        if (reason := self._redactions.rows.get(row.number)) is not None:
            counts.withheld[Withheld.BY_OFFICER, reason] += 1
            return None
        shown = {}
        for column, value in row.values.items():
            if (why := self.keeps(column)) is not None:
                counts.withheld[why, ""] += 1
            else:
                shown[column] = self._show_value(row.number, column, value, counts)
        if row.values and not shown:
            return None
        counts.rows += 1
        return ShownRow(number=row.number, values=shown)

    def _show_value(self, number: int, column: str, value: Any, tally: Tally) -> Any:
        said = self._redactions.cells.get((number, column), self._redactions.fields.get(column))
        if said is not None:
            tally.withheld[Withheld.BY_OFFICER, said] += 1
            return Gone(Withheld.BY_OFFICER)
        known = self._dataset.fields.get(column)
        if value is None or known is None:
            return value
        if known.is_third_party and not self._is_own(value):
            tally.withheld[Withheld.ABOUT_OTHERS, ""] += 1
            return Gone(Withheld.ABOUT_OTHERS)
        return self._mask(value, tally) if known.is_free_text else value

    def _is_own(self, value: Any) -> bool:
        return isinstance(value, str | int) and not isinstance(value, bool) and self._own.has(str(value))

    def _mask(self, value: Any, tally: Tally) -> Any:
        """Return free text without the addresses and numbers of others in it."""
        if isinstance(value, Binary):  # nobody can say what is in it
            tally.withheld[Withheld.CONTACT_OF_OTHERS, ""] += 1
            return Gone(Withheld.CONTACT_OF_OTHERS)
        if isinstance(value, str):
            return self._mask_text(value, tally)
        if isinstance(value, list):
            return [self._mask(inner, tally) for inner in value]
        if isinstance(value, dict):
            return {self._mask_text(name, tally): self._mask(inner, tally) for name, inner in value.items()}
        return value

    def _mask_text(self, text: str, tally: Tally) -> str:
        def replace(found: re.Match[str]) -> str:
            said = found[0]
            is_number = "@" not in said and "\uff20" not in said
            too_short = is_number and len(_NO_DIGIT.sub("", said)) < _SHORTEST_NUMBER
            if too_short or self._own.has(said):
                return said
            tally.withheld[Withheld.CONTACT_OF_OTHERS, ""] += 1
            return self._mark

        if "@" in text or "\uff20" in text:
            text = _ADDRESS.sub(replace, text)
        return _NUMBER.sub(replace, text)
