"""Everybody there is, decided for one question, by the keys that a warehouse knows them by."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from activation.decisions.engine import decide
from activation.decisions.types import Decision, Question, SubjectState
from activation.enforcement.rules import refuse_historic
from activation.enforcement.warehouse.types import SUBJECT_REF
from activation.snapshots.queries import Snapshot
from consent.subjects.queries import (
    SubjectStateUnreadable,
    list_groups_of,
    list_index_after,
    list_refs_after,
)
from consent.subjects.types import IdentifierKind, SubjectGroup, SubjectRef

AT_ONCE = 500
"""How many people are in memory at a time."""

Keyed = tuple[str, SubjectRef]
"""What a warehouse calls somebody, and the subject that it leads to."""


def decide_everybody(
    *, snapshot: Snapshot, question: Question, key_kind: str, at: datetime
) -> Iterator[Sequence[tuple[str, Decision]]]:
    """Yield, some at a time, the key of everybody on record with the decision about them.

    A key is a subject reference, or the blind index of an identifier of `key_kind`, in hex: one row for each
    identifier and each version of the index key. Somebody whose state cannot be read is denied.

    :raises HistoricDecisionRefused: if the question looks back.
    """
    for keyed in _list_keys(key_kind):
        states = _load(snapshot, [ref for _, ref in keyed])
        decisions = [decide(snapshot.policy, snapshot.register, one, question, at) for one in states]
        for decision in decisions:
            refuse_historic(decision)
        yield [(key, decision) for (key, _), decision in zip(keyed, decisions, strict=True)]


def _list_keys(key_kind: str) -> Iterator[list[Keyed]]:
    if key_kind == SUBJECT_REF:
        yield from _list_refs()
    else:
        yield from _list_indexes(IdentifierKind(key_kind))


def _list_refs() -> Iterator[list[Keyed]]:
    last = ""
    while refs := list_refs_after(last, limit=AT_ONCE):
        last = refs[-1]
        yield [(ref, ref) for ref in refs]


def _list_indexes(kind: IdentifierKind) -> Iterator[list[Keyed]]:
    last = b""
    while entries := list_index_after(kind, last, limit=AT_ONCE):
        last = entries[-1].blind_index
        yield [(entry.blind_index.hex(), ref) for entry in entries for ref in entry.refs]


def _load(snapshot: Snapshot, refs: Sequence[SubjectRef]) -> list[SubjectState]:
    """Return the state of each subject, asked about by its own reference alone."""
    groups = {ref: group for group in list_groups_of(set(refs)) for ref in group.asked}
    people = [replace(groups[ref], asked=frozenset({ref})) for ref in refs]
    try:
        return snapshot.load_states_of(people)
    except SubjectStateUnreadable:
        return [_load_one(snapshot, one) for one in people]


def _load_one(snapshot: Snapshot, person: SubjectGroup) -> SubjectState:
    try:
        [state] = snapshot.load_states_of([person])
    except SubjectStateUnreadable:
        return SubjectState(available=False, watermark=snapshot.watermark)
    return state
