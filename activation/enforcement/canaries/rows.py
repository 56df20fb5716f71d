"""Rows about canaries that look like the audience's own, and the count of what became of them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.types import Question
from activation.enforcement.audience.identifiers import IdentifierColumns
from activation.enforcement.canaries.expectations import list_expected
from activation.enforcement.canaries.identities import NUMBERED, Identity
from activation.enforcement.canaries.types import (
    CanariesNotApplicable,
    Canary,
    CanaryPassed,
    CanaryUnaccounted,
    Way,
)
from consent.subjects.types import IdentifierKind

_Answer = tuple[int, bool]
"""A row's place among the canary rows, and whether it was allowed."""
_FEWEST_BITS = 32


@dataclass(frozen=True, slots=True)
class CanaryRows:
    """Rows to hide among an audience's, and whom each is about. They are denied, each once, or all is off."""

    question: Question
    batch: pa.RecordBatch
    ways: tuple[Way, ...]
    """The canary that each row is about."""

    def check(self, answers: Iterable[_Answer]) -> None:
        """Return if every row was answered about exactly once, and denied.

        :raises CanaryPassed: if one was allowed; :raises CanaryUnaccounted: if one was not answered once.
        """
        given = list(answers)
        self._raise_for({place for place, allowed in given if allowed}, CanaryPassed)
        counted = Counter(place for place, _ in given)
        self._raise_for({place for place in range(len(self.ways)) if counted[place] != 1}, CanaryUnaccounted)

    def _raise_for(self, places: set[int], alarm: type[CanaryPassed | CanaryUnaccounted]) -> None:
        if places:
            raise alarm(self.question, sorted({self.ways[place] for place in places}))


def make_canary_rows(
    *,
    schema: pa.Schema,
    columns: IdentifierColumns,
    canaries: Sequence[Canary],
    key: bytes,
    policy: CompiledPolicy,
    question: Question,
    at: datetime,
    subject_column: str | None = None,
    refs: Mapping[Canary, str] | None = None,
) -> CanaryRows:
    """Return rows of `schema` about those of `canaries` that must be denied at `at`.

    Each canary has a row with all its identifiers, and in `subject_column` the reference that `refs` has of
    it; where there are several such columns, it has one for each of them alone too, so that no column is a
    way past. Whatever else a row holds is null, or the emptiest
    value of its type where the schema allows no null.

    :raises CanariesNotApplicable: if there is none to be placed, with why.
    """
    expected = list_expected(canaries, policy, question, at)
    if not expected:
        raise CanariesNotApplicable(_say_why_none(canaries, at))
    usable = [kind for kind, name in columns.items() if _can_carry(kind, schema.field(name).type)]
    if not usable and subject_column is None:
        raise CanariesNotApplicable("no identifier column can hold what leads to a canary")
    values = [
        (canary, row)
        for canary in expected
        for row in _alone_and_together(
            {
                **_fill(schema, columns, Identity(canary, key), usable),
                **({subject_column: refs[canary]} if subject_column and refs else {}),
            }
        )
    ]
    batch = _to_batch(schema, [row for _, row in values])
    return CanaryRows(question, batch, tuple(canary.way for canary, _ in values))


def _alone_and_together(values: Mapping[str, str | int]) -> list[Mapping[str, str | int]]:
    """Return a row of all `values`, and, where there are several, one of each by itself."""
    return [values, *({name: value} for name, value in values.items() if len(values) > 1)]


def _say_why_none(canaries: Sequence[Canary], at: datetime) -> str:
    if not canaries:
        return "the destination has no canaries: it is not registered, or nothing was ever sent there"
    if all(canary.made_at > at for canary in canaries):
        return "the destination's canaries were made after the moment that is decided for"
    return "no rule of the policy for this purpose honours a no"


def _can_carry(kind: IdentifierKind, held: pa.DataType) -> bool:
    """Return whether a column of this type can hold what leads to a canary."""
    plain = _plain(held)
    if pa.types.is_integer(plain):
        return kind in NUMBERED and pa.types.is_signed_integer(plain) and plain.bit_width >= _FEWEST_BITS
    return True


def _fill(
    schema: pa.Schema, columns: IdentifierColumns, identity: Identity, kinds: Iterable[IdentifierKind]
) -> Mapping[str, str | int]:
    return {
        columns[kind]: identity.number(kind)
        if _is_number(schema.field(columns[kind]).type)
        else identity.text(kind)
        for kind in kinds
    }


def _to_batch(schema: pa.Schema, rows: Sequence[Mapping[str, str | int]]) -> pa.RecordBatch:
    try:
        arrays = [_to_array(field, [row.get(field.name) for row in rows]) for field in schema]
        return pa.RecordBatch.from_arrays(arrays, schema=schema)
    except (pa.ArrowException, ValueError, TypeError, AttributeError) as error:
        raise CanariesNotApplicable("a column has a type that no row can be made up for") from error


def _is_number(held: pa.DataType) -> bool:
    return bool(pa.types.is_integer(_plain(held)))


def _plain(held: pa.DataType) -> pa.DataType:
    return held.value_type if pa.types.is_dictionary(held) else held


def _to_array(field: pa.Field, values: Sequence[str | int | None]) -> pa.Array:
    if field.nullable and not any(value is not None for value in values):
        return pa.nulls(len(values), field.type)
    held = _plain(field.type)
    emptiest = None if field.nullable else _emptiest(held)
    found = pa.array([emptiest if value is None else value for value in values], held)
    return found if held == field.type else _encode(found, field.type)


def _encode(values: pa.Array, held: pa.DictionaryType) -> pa.Array:
    encoded = values.dictionary_encode()
    indices = encoded.indices.cast(held.index_type)
    return pa.DictionaryArray.from_arrays(indices, encoded.dictionary, ordered=held.ordered)


def _emptiest(held: pa.DataType) -> Any:
    """Return a value of a type that allows no null, as little as there is."""
    if pa.types.is_struct(held):
        return {field.name: None if field.nullable else _emptiest(field.type) for field in held}
    if pa.types.is_list(held) or pa.types.is_large_list(held) or pa.types.is_map(held):
        return []
    if pa.types.is_string(held) or pa.types.is_large_string(held) or pa.types.is_string_view(held):
        return ""
    if pa.types.is_binary(held) or pa.types.is_large_binary(held) or pa.types.is_binary_view(held):
        return b""
    if pa.types.is_boolean(held):
        return False
    zeros = pa.py_buffer(bytes(held.bit_width // 8))
    return pa.Array.from_buffers(held, 1, [None, zeros])[0].as_py()
