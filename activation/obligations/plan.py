"""The columns of an output, fixed by what the policy may ask before the first row is read.

An obligation names a field. It is owed on the column of that name, whatever its case, and on the column
that carries the identifier of that kind. One output has one schema, although obligations may differ from
row to row: a column that every rule drops is left out; one that only some rules drop stays, empty in their
rows; a column to be filled that the input lacks is added, empty where it is not owed; masked and filled
columns are text. A dictionary-encoded column leaves with its values in place: its dictionary would carry
along those of rows that do not leave.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from activation.decisions.types import Obligation
from activation.obligations.columns import without_dictionaries
from consent.kernel.errors import AccordantError
from consent.subjects.types import HASHED_KINDS, IdentifierKind

KINDS = frozenset({"drop", "mask", "set"})
"""What can be done to data whoever it is about."""
SIGNAL = "signal"
"""Asks for the person's own string, which only those can give who look it up."""
TCF_VENDOR = "tcf_vendor"
"""Asks that the person's TC string lets a vendor pursue some purposes. It speaks of no column."""
SIGNAL_KINDS = frozenset({"tcf", "gpp", "usp"})
MASKING_METHODS = frozenset({"sha256"})
_FILLING = frozenset({"set", SIGNAL})
_AS_TEXT = _FILLING | {"mask"}

Obligations = tuple[Obligation, ...]


class ObligationNotSupported(AccordantError):
    """What the policy asks cannot be done to the data, so the data must not go."""

    code = "obligation_not_supported"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputColumn:
    """One column of the output, where it comes from, and the names that obligations may call it by."""

    field: pa.Field
    source: str | None
    """The input's column; None for one that an obligation adds."""
    names: frozenset[str]
    kind: IdentifierKind | None = None
    """Set if the column carries identifiers: they are normalised before they are masked."""

    def owed(self, obligations: Iterable[Obligation]) -> list[Obligation]:
        """Return those of `obligations` that speak of this column."""
        return [one for one in obligations if one.kind != TCF_VENDOR and one.field.casefold() in self.names]


@dataclass(frozen=True, slots=True)
class OutputPlan:
    """The output's columns, and the obligations they were laid out for."""

    columns: tuple[OutputColumn, ...]
    left_out: tuple[OutputColumn, ...]
    """The input's columns that no row may keep."""
    foreseen: frozenset[Obligation]

    @property
    def schema(self) -> pa.Schema:
        """The output's schema, without the input's metadata (it would name what was dropped)."""
        return pa.schema([column.field for column in self.columns])


def plan_output(
    schema: pa.Schema,
    identifier_columns: Mapping[IdentifierKind, str],
    possible: Sequence[Obligations],
    *,
    knows_strings: bool = False,
) -> OutputPlan:
    """Return the output's columns, given what each rule that may apply (`possible`) can ask.

    `knows_strings`: whoever fills the columns can look up the strings of people.

    :raises ObligationNotSupported: if any of it cannot be done to this input.
    """
    foreseen = frozenset(obligation for obligations in possible for obligation in obligations)
    for obligation in foreseen:
        check_supported(obligation, knows_strings=knows_strings)
    columns = [_plan_column(field, identifier_columns, foreseen) for field in schema]
    left_out = tuple(column for column in columns if _always_dropped(column, possible))
    kept = [column for column in columns if column not in left_out]
    return OutputPlan((*kept, *_added_columns(columns, foreseen)), left_out, foreseen)


def check_supported(obligation: Obligation, *, knows_strings: bool = False) -> None:
    """Return if this version knows how to honour `obligation`, here.

    :raises ObligationNotSupported: if it does not, or the string of each person is owed where nobody can look
        it up.
    """
    if obligation.kind in {SIGNAL, TCF_VENDOR}:
        _check_string(obligation, knows_strings=knows_strings)
        return
    if obligation.kind not in KINDS:
        raise ObligationNotSupported(f"this version cannot honour an obligation to {obligation.kind!r}")
    if obligation.kind == "mask" and obligation.value not in MASKING_METHODS:
        raise ObligationNotSupported(f"this version cannot mask by {obligation.value!r}: use sha256")


def is_supported(obligation: Obligation) -> bool:
    """Return whether this version can honour `obligation` where people's strings cannot be looked up."""
    try:
        check_supported(obligation)
    except ObligationNotSupported:
        return False
    return True


def _check_string(obligation: Obligation, *, knows_strings: bool) -> None:
    if obligation.kind == SIGNAL and obligation.value not in SIGNAL_KINDS:
        raise ObligationNotSupported(f"this version knows no string of the kind {obligation.value!r}")
    if knows_strings:
        return
    if obligation.kind == TCF_VENDOR:
        raise ObligationNotSupported(
            f"the destination is TCF vendor {obligation.field}, and people's TC strings cannot be looked up"
            " here: send by an audience run"
        )
    raise ObligationNotSupported(
        f"the column {obligation.field!r} is owed each person's {obligation.value} string, which cannot be"
        " looked up here: send by an audience run, or take the obligation out of the policy"
    )


def names_of(name: str, kinds: Iterable[IdentifierKind]) -> frozenset[str]:
    """Return the names that obligations may call something by: its own, and the kinds that it carries."""
    carried = frozenset(kinds)
    return frozenset({name, *carried, *(HASHED_KINDS[kind] for kind in carried if kind in HASHED_KINDS)})


def _plan_column(
    field: pa.Field, identifier_columns: Mapping[IdentifierKind, str], foreseen: Iterable[Obligation]
) -> OutputColumn:
    name = field.name.strip().casefold()
    kinds = [kind for kind, column in identifier_columns.items() if column == field.name]
    kinds += [kind for kind in IdentifierKind if kind == name and not kinds]
    names = names_of(name, kinds)
    field = field.with_type(without_dictionaries(field.type))
    column = OutputColumn(field=field, source=field.name, names=names, kind=kinds[0] if kinds else None)
    owed = {obligation.kind for obligation in column.owed(foreseen)}
    return _retype(column, owed) if owed else column


def _retype(column: OutputColumn, owed: set[str]) -> OutputColumn:
    """Return `column` as one that can be empty, and as text if values are to be masked or set."""
    field = column.field.with_nullable(True)
    if owed & _AS_TEXT:
        _check_textual(field)
        field = field.with_type(pa.string()).remove_metadata()  # it may tell of the type that it was
    return OutputColumn(field=field, source=column.source, names=column.names, kind=column.kind)


def _check_textual(field: pa.Field) -> None:
    shapes = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_nested)
    if any(has_shape(field.type) for has_shape in shapes):
        raise ObligationNotSupported(
            f"column {field.name!r} must be masked or filled, but its type {field.type} is no text:"
            " leave the column out or turn it into text"
        )


def _always_dropped(column: OutputColumn, possible: Sequence[Obligations]) -> bool:
    owed = [{one.kind for one in column.owed(obligations)} for obligations in possible]
    return (
        bool(owed) and all("drop" in kinds for kinds in owed) and not any(kinds & _FILLING for kinds in owed)
    )


def _added_columns(columns: Sequence[OutputColumn], foreseen: Iterable[Obligation]) -> list[OutputColumn]:
    present = frozenset[str]().union(*(column.names for column in columns))
    settings = {one.field.casefold(): one.field for one in foreseen if one.kind in _FILLING}
    return [
        OutputColumn(field=pa.field(field, pa.string()), source=None, names=frozenset({name}))
        for name, field in sorted(settings.items())
        if name not in present
    ]
