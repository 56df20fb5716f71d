"""What an import tells of its rows, as its row in the database keeps it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, astuple
from datetime import datetime
from typing import Any

from consent.records.import_types import RowFault, SignalCounts
from consent.records.types import (
    NO,
    YES,
    Fault,
    FaultCode,
    NewRow,
    Recorded,
    SignalFault,
    SignalTaken,
)
from consent.signals.mapping.types import Conflict

_MOST_REASONS = 50
_OTHER = "other reasons"
_MAPPING = "mapping"
"""What of the mapping does not fit the policy is the same for every signal, and no row's affair."""


def tell_fault(line: int, fault: Fault) -> RowFault:
    """Return what is wrong with the record that begins at `line`. No value of it is told."""
    if not isinstance(fault, SignalFault):
        return RowFault(line, fault.code, str(fault), fault.path)
    place = "" if fault.position is None else f" at character {fault.position}"
    return RowFault(line, fault.code, f"{fault}{place}", fault.path, fault.reason, fault.position)


def store_fault(fault: RowFault) -> list[Any]:
    """Return the fault as it is kept."""
    return [fault.line, fault.code.value, *astuple(fault)[2:]]


def read_fault(kept: Sequence[Any]) -> RowFault:
    """Return a fault that was kept; older imports kept the first three of its values."""
    line, code, *rest = kept
    return RowFault(line, FaultCode(code), *rest)


def given_at(rows: Iterable[NewRow]) -> tuple[datetime, ...]:
    """Return what rows beside signals are ordered by: when what they say was made, then when it was given."""
    told = list(rows)
    signals = [row.signals for row in told if row.signals is not None]
    said = [one.effective_at for row in told for one in row.choices]
    said += [one.effective_at for row in told for one in row.facts]
    made = min([*said, *(one.effective_at for given in signals for one in given.signals)])
    return (made, min([*said, *(given.effective_at for given in signals)]))


def count_signals(kept: Mapping[str, Any], outcomes: Iterable[Recorded | Fault]) -> dict[str, Any]:
    """Return the counts `kept` so far with those of `outcomes`; empty while there was no signal."""
    taken = [one for outcome in outcomes if isinstance(outcome, Recorded) for one in outcome.signals]
    if not taken:
        return dict(kept)
    before = read_counts(kept) or SignalCounts()
    fresh = [one for one in taken if not one.repeated]
    conflicts = [conflict for one in fresh for conflict in one.conflicts]
    return asdict(
        SignalCounts(
            recorded=before.recorded + len(fresh),
            repeated=before.repeated + len(taken) - len(fresh),
            conflicts=before.conflicts + len(conflicts),
            yes_not_recorded=before.yes_not_recorded + sum(map(_is_lost_yes, conflicts)),
            unread=_count_reasons(before.unread, fresh),
        )
    )


def count_choices(kept: Mapping[str, int], outcomes: Iterable[Recorded | Fault]) -> dict[str, int]:
    """Return the counts `kept` so far of recorded choices, by what they say, with those of `outcomes`."""
    counts = Counter(kept)
    for outcome in outcomes:
        if isinstance(outcome, Recorded):
            counts.update(choice.value for choice in outcome.choices)
    return dict(sorted(counts.items()))


def tell_choices(counts: Mapping[str, int]) -> str:
    """Return in words how many choices said yes and no."""
    yes, no = (sum(counts.get(one.value, 0) for one in said) for said in (YES, NO))
    neither = sum(counts.values()) - yes - no
    return f"{yes:,} yes, {no:,} no" + (f", {neither:,} neither" if neither else "")


def read_counts(kept: Mapping[str, Any]) -> SignalCounts | None:
    """Return the counts that were kept; None if there was no signal."""
    return SignalCounts(**kept) if kept else None


def _is_lost_yes(conflict: Conflict) -> bool:
    return conflict.heard in YES and conflict.won == "against"


def _count_reasons(before: Mapping[str, int], fresh: Iterable[SignalTaken]) -> dict[str, int]:
    counts = Counter(before)
    for taken in fresh:
        for reason in {one.reason for one in taken.unread if one.source != _MAPPING}:
            counts[reason if reason in counts or len(counts) < _MOST_REASONS else _OTHER] += 1
    return dict(sorted(counts.items()))
