"""Whom each row of a list is about, read as a run reads it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from activation.decisions.types import SubjectState
from activation.enforcement.audience.identifiers import (
    IdentifierColumns,
    find_identifier_columns,
    find_subject_column,
    read_identifiers,
)
from activation.enforcement.audience.types import Audience
from activation.enforcement.standing.types import RunRequest
from activation.snapshots.queries import Snapshot
from consent.subjects.queries import find_subjects, list_groups_asking
from consent.subjects.types import Identifier, SubjectRef
from consent.verifier.manifests.membership import hash_member, hash_reference

_Identifiers = tuple[Identifier, ...] | None


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what it is known by in the run, and what is known of whom it is about."""

    members: list[bytes]
    state: SubjectState | None
    """None: the row names nobody at all."""
    refs: frozenset[SubjectRef] = frozenset()
    """Whom it leads to."""


class People:
    """Reads rows in batches, under the key of one run."""

    def __init__(self, audience: Audience, request: RunRequest, snapshot: Snapshot, run_key: bytes) -> None:
        named = request.identifiers or None
        self._columns: IdentifierColumns = find_identifier_columns(audience.schema, named)
        self._subject_column = find_subject_column(audience.schema, named)
        self._snapshot, self._run_key = snapshot, run_key

    def read(self, batch: pa.RecordBatch) -> Iterator[Row]:
        """Yield the rows of `batch`."""
        identifiers: Sequence[_Identifiers] = (
            read_identifiers(batch, self._columns) if self._columns else [None] * batch.num_rows
        )
        refs = self._references(batch)
        asked = _find(identifiers, refs)
        groups = list_groups_asking([one for one in asked if one is not None])
        states = iter(self._snapshot.load_states_of(groups))
        for named, ref, one in zip(identifiers, refs, asked, strict=True):
            members = self._members(named, ref)
            yield Row(members, None) if one is None else Row(members, next(states), one)

    def _references(self, batch: pa.RecordBatch) -> Sequence[str | None]:
        if self._subject_column is None:
            return [None] * batch.num_rows
        return [ref or None for ref in batch.column(self._subject_column).cast(pa.string()).to_pylist()]

    def _members(self, identifiers: _Identifiers, ref: str | None) -> list[bytes]:
        hashes = [hash_member(self._run_key, one) for one in identifiers or ()]
        return hashes if ref is None else [*hashes, hash_reference(self._run_key, ref)]


def _find(
    identifiers: Sequence[_Identifiers], refs: Sequence[str | None]
) -> list[frozenset[SubjectRef] | None]:
    """Return whom each row is about: several, nobody on record (empty), or nobody at all (None)."""
    found = iter(find_subjects([one for one in identifiers if one]))
    asked: list[frozenset[SubjectRef] | None] = []
    for named, ref in zip(identifiers, refs, strict=True):
        people = next(found) if named else None
        if ref is not None:
            people = (people or frozenset()) | {SubjectRef(ref)}
        asked.append(people)
    return asked
