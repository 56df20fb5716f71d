"""Whether what is declared can be done, found out before anything changes."""

from collections.abc import Iterator

from sqlalchemy import false, select, types

from consent.requests.connectors.interface import DeclaredField, SystemRefused
from consent.requests.connectors.sql.masks import masked_fields, shortest_for_pseudonym, typed
from consent.requests.connectors.sql.matching import find_type
from consent.requests.connectors.sql.sessions import Session
from consent.requests.connectors.sql.tables import Reflected, Tables
from consent.requests.types import Masking, OnErasure


def check_tables(tables: Tables) -> None:
    """Check that every row can be found, masked and erased as it is declared.

    :raises SystemRefused: with all that stands against it.
    """
    faults = [fault for one in tables for fault in _faults(one, tables)]
    if faults:
        raise SystemRefused("; ".join(faults))


def check_references(session: Session, tables: Tables) -> None:
    """Have the database compare what refers and what is referred to, of no row: types that differ are found.

    :raises SystemRefused: if it cannot.
    """
    for one in tables:
        for reference in one.declared.references:
            other = tables[reference.to_dataset]
            rows = select(other.column(reference.to_field)).where(false())
            session.execute(
                select(one.column(reference.field))
                .where(one.column(reference.field).in_(rows))
                .where(false())
            )


def _faults(one: Reflected, tables: Tables) -> Iterator[str]:
    declared = one.declared
    if not declared.references and not any(field.identifier_kind for field in declared.fields):
        yield f"nothing says whose the rows of {declared.name} are: no identifier, no reference"
    for field in declared.fields:
        if field.identifier_kind is not None:
            yield from _refused(lambda field=field: find_type(one.column(field.name).type, _name(one, field)))
    if declared.on_erasure is OnErasure.MASK:
        yield from _masking_faults(one)
    if declared.on_erasure is OnErasure.DELETE:
        yield from _left_referring(one, tables)


def _masking_faults(one: Reflected) -> Iterator[str]:
    masked = masked_fields(one)
    if not masked:
        yield f"no field of {one.declared.name} is masked: keep it on a ground, or mask one"
    if any(field.masking is Masking.HASH for field in masked) and not one.key:
        yield f"{one.declared.name} has no primary key: declare the fields that tell its rows apart"
    for field in masked:
        yield from _mask_faults(one, field)


def _mask_faults(one: Reflected, field: DeclaredField) -> Iterator[str]:
    column, name = one.column(field.name), _name(one, field)
    is_unique = frozenset({field.name}) in one.uniques
    if field.masking is Masking.NULL and (column.nullable is False or column.primary_key):
        yield f"{name} cannot be empty: mask it another way"
    if field.masking is Masking.REPLACE:
        if is_unique:
            yield f"{name} is unique: it cannot be the same in several rows"
        yield from _refused(lambda: typed(one, field.name, field.replacement))
    if field.masking is Masking.HASH:
        if not isinstance(column.type, types.String) or isinstance(column.type, types.Enum):
            yield f"{name} holds no text: it cannot hold a hash"
        elif column.type.length is not None and column.type.length < shortest_for_pseudonym():
            yield f"{name} is too short for a hash: it needs {shortest_for_pseudonym()} characters"
    if field.name in one.key:
        yield f"{name} tells rows apart: keep it on a ground, or delete the rows"


def _left_referring(one: Reflected, tables: Tables) -> Iterator[str]:
    """Yield where masked rows would go on referring, by a foreign key, to rows that are deleted."""
    for edge in tables.edges_to(one.declared.name):
        child = tables[edge.child].declared
        if edge.is_enforced and child.on_erasure is OnErasure.MASK:
            emptied = {field.name for field in child.fields if field.masking is Masking.NULL}
            if not emptied.intersection(left for left, _ in edge.pairs):
                yield (
                    f"rows of {child.name} stay, masked, and refer to {one.declared.name} by"
                    f" {edge.pairs[0][0]}: mask {one.declared.name}, too, or empty that field"
                )


def _refused(attempt: object) -> Iterator[str]:
    assert callable(attempt)  # noqa: S101 - for the type checker
    try:
        attempt()
    except SystemRefused as refusal:
        yield str(refusal)


def _name(one: Reflected, field: DeclaredField) -> str:
    return f"{one.declared.name}.{field.name}"
