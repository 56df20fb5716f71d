"""How far a follower has read the ledger: its row, which only one of them holds at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models.functions import Now

from activation.enforcement.suppression.models import FeedPosition
from consent.kernel.errors import AccordantError
from consent.ledger import queries as ledger
from consent.ledger.types import Touched

FOLLOWER = "pull_through"


class AnotherLedger(AccordantError):
    """The ledger is not the one that was followed: it was put back from a backup, or it is another's."""

    code = "another_ledger"
    status = 409


@dataclass(frozen=True, slots=True)
class News:
    """The next entries, behind those that were read."""

    entries: Sequence[Touched]
    is_end: bool
    """Whether these are all that there are."""


def hold_position() -> FeedPosition | None:
    """Return the follower's row, held until the transaction ends; None if another holds it, or there is none.

    It does not wait.
    """
    rows = FeedPosition.objects.filter(pk=FOLLOWER).select_for_update(skip_locked=True, of=("self",))
    return rows.order_by("pk").first()


def is_begun() -> bool:
    """Return whether the follower ever began."""
    return FeedPosition.objects.filter(pk=FOLLOWER).exists()


def get_position() -> int:
    """Return how many entries were followed."""
    found = FeedPosition.objects.filter(pk=FOLLOWER).order_by("pk").values_list("position", flat=True)
    return found.first() or 0


def count_behind() -> int:
    """Return how many entries are still to be followed."""
    return ledger.get_size() - get_position()


def read_news(row: FeedPosition, *, limit: int) -> News:
    """Return the entries behind the row's position, at most `limit`.

    :raises AnotherLedger: if the last entry that was read is not there any more, as it was.
    """
    found = ledger.list_touched(after=row.position, limit=limit)
    if row.position:
        if not found or (found[0].index, found[0].leaf_hash) != (row.position - 1, bytes(row.last_hash)):
            raise AnotherLedger(
                "the ledger is not the one that withdrawals were followed in: see that it is the right one, "
                "then run restart_pull_through"
            )
        found = found[1:]
    return News(found[:limit], is_end=len(found) <= limit if not row.position else len(found) < limit)


def move_position(last: Touched) -> None:
    """Say that everything up to `last` was followed. The caller holds the row."""
    FeedPosition.objects.filter(pk=FOLLOWER).update(
        position=last.index + 1, last_hash=last.leaf_hash, moved_at=Now()
    )


def begin_at_end() -> None:
    """Say that everything the ledger holds now was followed; what comes later is read."""
    size = ledger.get_size()
    last = ledger.list_touched(after=size, limit=0) if size else []
    FeedPosition.objects.update_or_create(
        name=FOLLOWER,
        defaults={"position": size, "last_hash": last[0].leaf_hash if last else b"", "moved_at": Now()},
    )
