"""What a column shows: sqlglot trees. Where several obligations are owed, a set value replaces, else a drop
empties, else a mask hides, as in an enforcement run.

A masked value is the SHA-256 of what the column holds, trimmed, and in lower case for an address. A run
normalises further (international domain names, telephone numbers): hold such columns in their normal form
if the hashes must match. What is no text is emptied instead of masked, but in PostgreSQL, which masks its
text.
"""

from collections.abc import Callable, Iterable

from sqlglot import exp

from activation.decisions.types import Obligation
from activation.enforcement.warehouse.conditions import find_fields, text
from activation.enforcement.warehouse.types import Column, GuardedTable, Served
from activation.obligations.plan import ObligationNotSupported
from consent.subjects.types import HASHED_KINDS, IdentifierKind

_IN_LOWER_CASE = frozenset({IdentifierKind.EMAIL, IdentifierKind.ADVERTISING_ID})

Hash = Callable[[exp.Expr], exp.Expr]
"""Makes the SHA-256, in hex, of a text."""
Test = Callable[[list[Obligation]], exp.Expr]
"""Makes the test whether any of these is owed."""


def shown(
    column: Column, value: exp.Expr, foreseen: Iterable[Obligation], *, owed: Test, hashed: Hash
) -> exp.Expr:
    """Return what the column shows of `value`."""
    obligations = frozenset(foreseen)
    case = exp.Case()
    for setting in column.owed(obligations, "set"):
        case = case.when(owed([setting]), text(setting.value))
    if drops := column.owed(obligations, "drop"):
        case = case.when(owed(drops), exp.Null())
    if masks := column.owed(obligations, "mask"):
        case = case.when(owed(masks), masked(column, value, hashed))
    return case.else_(value.copy()) if case.args.get("ifs") else value


def masked(column: Column, value: exp.Expr, hashed: Hash) -> exp.Expr:
    """Return the masked form of `value`."""
    field = column.field.casefold()
    if field in HASHED_KINDS:
        return exp.Lower(this=value.copy())  # it is a SHA-256 already
    if field in _IN_LOWER_CASE:
        return hashed(exp.Lower(this=exp.Trim(this=value.copy())))
    if field in frozenset(IdentifierKind):
        return hashed(exp.Trim(this=value.copy()))
    return hashed(value.copy())


def strictest(column: Column, value: exp.Expr, served: Served, *, hashed: Hash) -> exp.Expr:
    """Return what the column shows where a mask cannot tell rows apart: the most that may be owed.

    A value that must be set must be set for everybody: `check_settings_of_all` sees to that.
    """
    if settings := column.owed(served.foreseen, "set"):
        return text(settings[0].value)
    is_hidden = bool(column.owed(served.foreseen, "mask"))
    if column.owed(served.foreseen, "drop") or (is_hidden and column.type):
        return exp.Null()
    return masked(column, value, hashed) if is_hidden else value.copy()


def check_settings_of_all(served: Served) -> None:
    """Return if every rule sets the same values.

    :raises ObligationNotSupported: if not: a mask that cannot tell rows apart would set them wrongly.
    """
    if set(find_fields(served.foreseen, "set")) - served.always:
        raise ObligationNotSupported(
            f"reader {served.reader.role}: some rules set a value and others do not, and this product masks"
            " for a role and not for a row"
        )


def check_settings(table: GuardedTable, foreseen: Iterable[Obligation]) -> None:
    """Return if every value that must be set has a text column to stand in.

    :raises ObligationNotSupported: if one has none: these policies cannot add a column.
    """
    for setting in find_fields(foreseen, "set"):
        places = [column for column in table.columns if setting.field in column.names]
        if not places or any(column.type for column in places):
            raise ObligationNotSupported(
                f"table {'.'.join(table.path)} has no text column for the field {setting.field!r}, which the"
                " policy sets: add one to the table and to its description"
            )
