"""Placing and lifting legal holds. Each is told in the ledger's audit stream, without whom it is about."""

from datetime import date
from uuid import UUID

from django.db import transaction

from consent.ledger import services as ledger
from consent.ledger.queries import get_time
from consent.ledger.types import NewEntry, Stream
from consent.requests.erasing.errors import AlreadyLifted, HoldNotFound, MalformedHold
from consent.requests.models import Dataset, LegalHold, System


@transaction.atomic
def place_hold(
    *,
    reference: str,
    ground: str,
    since: date,
    officer_id: int,
    until: date | None = None,
    system: str = "",
    dataset: str = "",
    subject_ref: str = "",
) -> UUID:
    """Hold data from erasure: of one subject or of all, in one dataset, one system, or everywhere.

    A hold on neither is on the keys of what is sealed beside the ledger, too. It does not stay a tombstone:
    who is under it and asked for erasure is denied from the approval on.

    :raises MalformedHold: if the reference or the ground is missing, or it ends before it begins.
    :raises HoldNotFound: if there is no such system, or it has no such dataset.
    """
    reference, ground = reference.strip(), ground.strip()
    if not reference or not ground or (until is not None and until < since) or (dataset and not system):
        raise MalformedHold("a legal hold has a reference, a ground, and an end that is not before its begin")
    held_system, held_dataset = _find(system, dataset)
    hold = LegalHold.objects.create(
        reference=reference,
        ground=ground,
        system=held_system,
        dataset=held_dataset,
        subject_ref=subject_ref,
        since=since,
        until=until,
        placed_by_id=officer_id,
    )
    _tell("legal_hold_placed", hold, officer_id)
    return hold.pk


@transaction.atomic
def lift_hold(hold_id: UUID | str, *, officer_id: int) -> None:
    """Lift a hold now. What requests kept for it, an officer can have erased then: `erase_rest`.

    :raises HoldNotFound: if there is none. :raises AlreadyLifted: if it was lifted before.
    """
    hold = LegalHold.objects.select_for_update().filter(pk=hold_id).first()
    if hold is None:
        raise HoldNotFound("there is no such legal hold")
    if hold.lifted_at is not None:
        raise AlreadyLifted("this legal hold was lifted before")
    hold.lifted_at = get_time()
    hold.save(update_fields=["lifted_at"])
    _tell("legal_hold_lifted", hold, officer_id)


def _find(system: str, dataset: str) -> tuple[System | None, Dataset | None]:
    if not system:
        return None, None
    found = System.objects.filter(slug=system).first()
    held = Dataset.objects.filter(system=found, name=dataset).first() if found and dataset else None
    if found is None or (dataset and held is None):
        raise HoldNotFound("the data map has no such system, or no such dataset of it")
    return found, held


def _tell(kind: str, hold: LegalHold, officer_id: int) -> None:
    body = {
        "hold": str(hold.pk),
        "reference": hold.reference,
        "system": hold.system.slug if hold.system else None,
        "dataset": hold.dataset.name if hold.dataset else None,
        "is_of_one_subject": bool(hold.subject_ref),
        "officer": officer_id,
    }
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry(kind, body)], recorded_at=get_time())
