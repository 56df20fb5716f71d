"""What tests read of the ledger."""

from consent.ledger import queries, services
from consent.ledger.types import LedgerEntry


def sequence_all() -> int:
    """Give every pending event its place, and return the ledger's size."""
    while services.sequence_pending():
        pass
    return queries.get_size()


def read_entries(*, after: int = 0) -> list[LedgerEntry]:
    """Return every entry from index `after`, those that were pending until now included."""
    return queries.list_changes(after=after, limit=sequence_all())
