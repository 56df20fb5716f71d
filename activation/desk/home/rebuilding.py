"""Counting everything anew: what was counted of people erased since, or of entries pruned since, stays.

Of a day on which nothing was lost, the ledger says everything. Of another one the kept counts are right if
they hold all that can still be read, and as much besides as cannot: then they stay. Otherwise the day is
counted from what can be read.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from activation.desk.home.counting import add_counts, hold_position, move_position
from activation.desk.home.models import ChoiceCount, CountPosition
from activation.desk.home.tallying import Cell, Tally, tally
from consent.ledger import queries as ledger
from consent.ledger.types import LedgerEntry

PAGE = 2000
Counts = Counter[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuiltCounts:
    """What a rebuild found."""

    entries: int
    """Of the ledger that were read."""
    days: int
    changed: int
    """Days whose counts were not what they should be, and are now."""
    lost: int
    """Choices that were pruned, of days whose kept counts were wrong: they are in no count any more."""


def rebuild_counts(*, progress: Callable[[int], None] = lambda _: None) -> RebuiltCounts:
    """Count the ledger anew and put the counts right, while the follower goes on. Safe to kill.

    `progress` is told how many entries were read. The follower waits for the last moment of it only.

    :raises KeysUnavailable: if the keys that open residences cannot be asked for. Nothing changes then.
    """
    found, last = Tally(), None
    while entries := _read(last):
        found.add(tally(entries))
        last = entries[-1]
        progress(last.index + 1)
        if len(entries) < PAGE:
            break
    return _put_right(found, last)


def _read(last: LedgerEntry | None) -> list[LedgerEntry]:
    return ledger.list_changes(after=0 if last is None else last.index + 1, limit=PAGE)


@transaction.atomic
def _put_right(found: Tally, last: LedgerEntry | None) -> RebuiltCounts:
    hold_position(wait=True)
    while entries := _read(last):  # what came meanwhile
        found.add(tally(entries))
        last = entries[-1]
    kept, read = _by_day(_list_kept()), _by_day(found.counts)
    erased = _by_day(found.erased)
    right = {
        day: _choose(kept[day], read[day], erased[day], found.pruned[day])
        for day in sorted({*kept, *read, *found.pruned})
    }
    changed = [day for day, counts in right.items() if counts != kept[day]]
    ChoiceCount.objects.filter(day__in=changed).delete()
    add_counts({cell: count for day in changed for cell, count in right[day].items()})
    if last is None:
        CountPosition.objects.update(position=0, last_hash=b"")
    else:
        move_position(last)
    return RebuiltCounts(
        entries=0 if last is None else last.index + 1,
        days=len(right),
        changed=len(changed),
        lost=sum(found.pruned[day] for day in changed),
    )


def _choose(kept: Counts, read: Counts, erased: Counts, pruned: int) -> Counts:
    """Return the kept counts of a day if they agree with what can be read of it, else what can be read."""
    living = read - erased
    beyond = Counter(kept)
    beyond.subtract(living)
    agrees = (
        min(beyond.values(), default=0) >= 0
        and not _without_place(erased) - _without_place(beyond)
        and erased.total() <= beyond.total() <= erased.total() + pruned  # a pruned canary was in no count
    )
    return kept if agrees else read


def _without_place(counts: Mapping[Cell, int]) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for cell, count in counts.items():
        found[cell.purpose, cell.choice] += count
    return found


def _by_day(counts: Mapping[Cell, int]) -> defaultdict[date, Counts]:
    found: defaultdict[date, Counts] = defaultdict(Counter)
    for cell, count in counts.items():
        found[cell.day][cell] = count
    return found


def _list_kept() -> dict[Cell, int]:
    rows = ChoiceCount.objects.order_by("day", "purpose", "jurisdiction", "choice")
    return {Cell(*row[:4]): row[4] for row in rows.values_list(*Cell._fields, "count")}
