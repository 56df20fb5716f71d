"""The part of the ledger that one turn is about."""

from collections.abc import Collection
from dataclasses import dataclass

from activation.changes.rules import is_wanted, read_change
from activation.changes.types import Change
from consent.ledger import queries as ledger
from consent.ledger.types import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Some entries of the ledger, one after the other, and which of them are to go out."""

    begin: int
    end: int
    changes: tuple[Change, ...]
    is_last: bool
    """Whether it reaches as far as the ledger, or the replay, does now."""


def read_window(*, begin: int, until: int | None, purposes: Collection[str], limit: int) -> Window:
    """Return the next entries from `begin`, at most `limit` of the consent stream, none from `until` on."""
    size = ledger.get_size()
    last = size if until is None else min(size, until)
    entries = ledger.list_changes(after=begin, limit=limit, stream=Stream.CONSENT)
    end = min(entries[-1].index + 1, last) if len(entries) == limit else last
    changes = (read_change(entry) for entry in entries if entry.index < end)
    return Window(
        begin=begin,
        end=max(end, begin),
        changes=tuple(one for one in changes if one is not None and is_wanted(one.purpose, purposes)),
        is_last=end >= last,
    )
