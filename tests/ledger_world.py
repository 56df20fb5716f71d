"""What tests read of the ledger."""

from consent.ledger import queries
from consent.ledger.types import LedgerEntry


def read_entries(*, after: int = 0) -> list[LedgerEntry]:
    """Return every entry from index `after`, those that were pending until now included."""
    return queries.list_changes(after=after)
