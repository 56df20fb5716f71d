"""Reads of recorded signals."""

from collections.abc import Iterable, Mapping

from consent.records.types import SignalKind, SignalOnRecord, SignalText
from consent.subjects.types import SubjectRef


def list_signal_texts(*, refs: Iterable[SubjectRef], kind: SignalKind) -> Mapping[SubjectRef, SignalText]:
    """Return the latest signal of `kind` of each of `refs` that has one. A few statements, however many.

    :raises SubjectStateUnreadable: if a living subject's signal does not open.
    """
    return {}


def list_signals(
    *, refs: Iterable[SubjectRef] | None = None, only_conflicts: bool = False, limit: int
) -> list[SignalOnRecord]:
    """Return signals of `refs`, without them of everybody, the latest first. One statement."""
    return []
