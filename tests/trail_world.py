"""What the audit trail tells, read as it waits for its place in the ledger."""

from typing import Any

from config.audit import ACTED, ACTING
from consent.kernel import canonical
from consent.ledger.models import PendingEvent


def list_told(*kinds: str) -> list[dict[str, Any]]:
    """Return the bodies of events of these kinds, as they were written: of actions, if none is named."""
    rows = PendingEvent.objects.filter(kind__in=kinds or (ACTING, ACTED)).order_by("id")
    return [
        {"kind": kind, **canonical.loads(bytes(envelope))["body"]}
        for kind, envelope in rows.values_list("kind", "envelope")
    ]


def read_all() -> str:
    """Return all that the ledger holds and waits for, as text."""
    return b"\n".join(PendingEvent.objects.order_by("id").values_list("envelope", flat=True)).decode()
