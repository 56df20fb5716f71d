"""What entries of the ledger say of people: read only of those who are to be taken out."""

from collections.abc import Iterable, Mapping

from activation.enforcement.suppression.finding.causes import Told
from consent.kernel import canonical
from consent.ledger import queries as ledger
from consent.ledger.types import LedgerEntry


def list_told(indexes: Iterable[int]) -> Mapping[int, Told]:
    """Return what the entries at `indexes` say, by index. One statement."""
    return {entry.index: _tell(entry) for entry in ledger.list_entries(sorted(set(indexes)))}


def _tell(entry: LedgerEntry) -> Told:
    return Told(
        index=entry.index,
        event_id=entry.event_id,
        recorded_at=entry.recorded_at,
        kind=entry.kind,
        choice=_choice_of(entry) if entry.kind == "choice_recorded" and not entry.pruned else "",
    )


def _choice_of(entry: LedgerEntry) -> str:
    return str(canonical.loads(entry.envelope)["body"].get("choice", ""))
