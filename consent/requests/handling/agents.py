"""What officers do with authorised agents, told to the ledger's audit stream."""

from collections.abc import Iterable

from consent.ledger import services as ledger
from consent.ledger.queries import get_time
from consent.ledger.types import NewEntry, Stream
from consent.requests.models import Agent

CHANGED_KIND = "request_agent_changed"


def tell_agent(agent: Agent, *, officer_id: int, fields: Iterable[str]) -> None:
    """Put on record who changed what of an agent, in the caller's transaction."""
    body = {
        "agent": agent.slug,
        "officer": officer_id,
        "active": agent.is_active,
        "trusted": agent.is_trusted,
        "fields": sorted(fields),
    }
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry(CHANGED_KIND, body)], recorded_at=get_time())
