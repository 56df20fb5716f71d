"""What the audit trail tells, read as it waits for its place in the ledger."""

from typing import Any

from config.audit import ACTED, ACTING
from consent.kernel import canonical
from consent.ledger.models import PendingEvent
from consent.ledger.types import LedgerEntry, Stream
from tests.ledger_world import read_entries


def list_told(*kinds: str) -> list[dict[str, Any]]:
    """Return the bodies of events of these kinds, as they were written: of actions, if none is named."""
    rows = PendingEvent.objects.filter(kind__in=kinds or (ACTING, ACTED)).order_by("id")
    return [
        {"kind": kind, **canonical.loads(bytes(envelope))["body"]}
        for kind, envelope in rows.values_list("kind", "envelope")
    ]


def list_facts(*streams: Stream) -> list[LedgerEntry]:
    """Return the entries that tell of what was done, and not the trail that leads there: of all streams, if
    none is named."""
    told = (entry for entry in read_entries() if not streams or entry.stream in streams)
    return [entry for entry in told if entry.kind not in {ACTING, ACTED}]


def read_all() -> str:
    """Return all that the ledger holds and waits for, as text."""
    return b"\n".join(PendingEvent.objects.order_by("id").values_list("envelope", flat=True)).decode()
