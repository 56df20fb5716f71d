"""The strings of everybody in a run's allowed rows, and who is held back for the lack of one.

They are looked up once all is decided, and kept in a file of the run's scratch folder: personal data, which
goes with it.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from activation.decisions.types import Decision
from activation.enforcement.audience.types import ROWS_AT_ONCE
from activation.enforcement.judging import Judge
from activation.enforcement.roll import refs_of
from activation.enforcement.strings.looking_up import LookUp, Texts, Wanted
from activation.enforcement.strings.types import STRING_KINDS, Needs

_SCHEMA = pa.schema(
    [
        pa.field("person", pa.string(), nullable=False),
        pa.field("held_back", pa.bool_(), nullable=False),
        *(pa.field(kind, pa.string()) for kind in STRING_KINDS),
    ]
)
_MAY_LEAVE = """
    SELECT DISTINCT person, outcome FROM decided JOIN verdicts USING (outcome)
    WHERE allowed AND canary IS NULL
"""
_GIVEN = f"""
    SELECT person, {", ".join(STRING_KINDS)} FROM strings
    WHERE NOT held_back AND person IN (SELECT person FROM asked)
"""  # noqa: S608 - words of ours

_Asked = tuple[str, Needs]
"""A row's `person`, and what the allow asks of their strings."""


@dataclass(frozen=True, slots=True)
class Strings:
    """The strings that a draft's rows carry."""

    judge: Judge
    look_up: LookUp

    def fill(self, path: Path) -> None:
        """Look up everybody who may leave by what was decided, and hold back those who lack a string.

        :raises KeysUnavailable: if the keys that open strings cannot be asked for. Nothing may leave then.
        """
        with parquet.ParquetWriter(path, _SCHEMA, compression="none", use_dictionary=False) as file:
            for asked in _in_portions(self._may_leave()):
                found = _find(self.look_up, asked)
                rows = [_row(person, texts) for (person, _), texts in zip(asked, found, strict=True)]
                file.write_batch(pa.RecordBatch.from_pylist(rows, _SCHEMA))
        self.judge.hold_back(path)

    def recheck(self, people: Iterable[str], *, at: datetime) -> bool:
        """Look up again those of `people` who may still leave; hold back whoever lacks a string now.

        Return whether somebody's string is another one than the rows carry.
        """
        decisions = ((person, self.judge.decision_told(person)) for person in dict.fromkeys(people))
        may_leave = ((person, decision) for person, decision in decisions if decision is not None)
        look_up, is_changed = replace(self.look_up, at=at), False
        for asked in _in_portions(_list_asked(may_leave)):
            found = dict(zip((person for person, _ in asked), _find(look_up, asked), strict=True))
            self.judge.hold_back_told(person for person, texts in found.items() if texts is None)
            given = self._given(found)
            is_changed |= any(found[person] not in (None, texts) for person, texts in given.items())
        return is_changed

    def _may_leave(self) -> Iterator[_Asked]:
        decisions = self.judge.outcomes.decisions
        for batch in self.judge.duck.stream(_MAY_LEAVE):
            pairs = zip(batch.column("person").to_pylist(), batch.column("outcome").to_pylist(), strict=True)
            yield from _list_asked((person, decisions[outcome]) for person, outcome in pairs)

    def _given(self, people: Collection[str]) -> dict[str, Texts]:
        """Return what the rows of these people carry, of those who have rows."""
        self.judge.duck.give("asked", pa.table({"person": pa.array(people, pa.string())}))
        rows = self.judge.duck.rows(_GIVEN)
        return {
            person: {kind: text for kind, text in zip(STRING_KINDS, texts, strict=True) if text is not None}
            for person, *texts in rows
        }


def _list_asked(people: Iterable[tuple[str, Decision]]) -> Iterator[_Asked]:
    for person, decision in people:
        needs = Needs.of(decision.obligations)
        if needs.strings:
            yield person, needs


def _in_portions(asked: Iterator[_Asked]) -> Iterator[list[_Asked]]:
    while portion := list(islice(asked, ROWS_AT_ONCE)):
        yield portion


def _find(look_up: LookUp, asked: Sequence[_Asked]) -> list[Texts | None]:
    return look_up.find([Wanted(refs_of(person), needs) for person, needs in asked])


def _row(person: str, texts: Texts | None) -> dict[str, str | bool | None]:
    return {"person": person, "held_back": texts is None, **(texts or {})}
