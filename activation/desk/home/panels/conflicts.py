"""Signals that spoke against something on record: how many came of late, and where they are read."""

from datetime import timedelta

from activation.desk.home.addresses import address_of, count_of
from activation.desk.home.types import Asked, Panel
from consent.records.queries import count_signals_in_conflict

PERMISSIONS = ("consent_records.view_recordedsignal",)
DAYS = 7
MOST = 10_000
"""More are not counted: the page takes as long, however many there are."""
_LIST = "consent_records_recordedsignal_changelist"


def lay_out(asked: Asked) -> Panel:
    """Return the panel. A conflict is settled when it is recorded: it needs nobody, and may be looked at."""
    since = asked.at - timedelta(days=DAYS)
    count = count_signals_in_conflict(since=since, most=MOST)
    recent = address_of(_LIST, conflict="yes", recorded_at__gte=since.isoformat())
    return Panel(
        key="conflicts",
        title="Signals in conflict",
        wide=True,
        address=address_of(_LIST, conflict="yes"),
        sentence="Each spoke against a choice or a signal on record: an opt-out signal against an earlier"
        " yes, or a yes against a no. Which of the two is followed, and why, its page says.",
        figures=(count_of(f"In the last {DAYS} days", count, recent, most=MOST),),
    )
