"""How the ledger stands, and what is noted down of its checks and its witnesses."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db.models import Max

from consent.ledger.models import Checkpoint, Leaf, LedgerVerification, PendingEvent, WitnessNote
from consent.ledger.types import LedgerReport, LedgerStanding, Verified, Witnessing
from consent.ledger.witnesses.guard import MalformedWitnessAddress, open_witness
from consent.ledger.witnesses.noting import LONGEST_NAME


def get_standing() -> LedgerStanding:
    """Return how the ledger stands now. Six statements, however large it is."""
    last: int | None = Leaf.objects.aggregate(last=Max("index"))["last"]
    checkpoint = Checkpoint.objects.order_by("-number").values_list("number", "size").first()
    signed = checkpoint[1] if checkpoint else 0
    notes = _list_notes()
    times = _list_times([0, *(note.size for note in notes if note.size < signed)])
    return LedgerStanding(
        size=0 if last is None else last + 1,
        begun_at=times.get(0),
        signed_size=signed,
        checkpoint=checkpoint[0] if checkpoint else None,
        pending_since=PendingEvent.objects.order_by("id").values_list("recorded_at", flat=True).first(),
        verified=_get_verified(),
        witnesses=tuple(
            Witnessing(
                name=note.name,
                size=note.size,
                told_at=note.told_at,
                failing_since=note.failing_since,
                lacks_since=times.get(note.size) if note.size < signed else None,
            )
            for note in notes
        ),
    )


def note_verification(
    report: LedgerReport, *, findings: int, key_given: bool, witnessed_size: int | None
) -> None:
    """Put a check of the ledger on record."""
    LedgerVerification.objects.create(
        size=report.leaves,
        signed_size=report.signed_size,
        findings=findings,
        key_given=key_given,
        witnessed_size=witnessed_size,
    )


def _list_notes() -> list[WitnessNote]:
    """Return a note for each witness that the settings name; an unwritten one for one never told."""
    names = [_name(address)[:LONGEST_NAME] for address in settings.WITNESSES]
    known = {note.name: note for note in WitnessNote.objects.filter(name__in=names).order_by("name")}
    return [known.get(name) or WitnessNote(name=name) for name in names]


def _list_times(indexes: Sequence[int]) -> dict[int, datetime]:
    rows = Leaf.objects.filter(index__in=indexes).order_by("index")
    return dict(rows.values_list("index", "recorded_at"))


def _get_verified() -> Verified | None:
    row = LedgerVerification.objects.order_by("-verified_at", "-pk").first()
    if row is None:
        return None
    return Verified(
        verified_at=row.verified_at,
        size=row.size,
        signed_size=row.signed_size,
        findings=row.findings,
        key_given=row.key_given,
        witnessed_size=row.witnessed_size,
    )


def _name(address: str) -> str:
    try:
        return open_witness(address).name
    except MalformedWitnessAddress:  # the sequencer refuses to start with it, and says so
        return address
