"""Legal holds: placed and lifted by officers, never changed or deleted, and told to the audit stream."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from consent.kernel.errors import AccordantError
from consent.requests.models import Dataset, LegalHold, System
from consent.requests.systems.recording import HOLD_LIFTED, HOLD_PLACED, tell


class HoldRefused(AccordantError):
    """A hold names no ground or no case, names two places, or ends before it begins."""

    code = "hold_refused"


class HoldNotFound(AccordantError):
    """There is no such hold, or it was lifted already."""

    code = "hold_not_found"
    status = 404


def place_hold(
    *,
    reference: str,
    ground: str,
    since: date,
    until: date | None = None,
    system: System | None = None,
    dataset: Dataset | None = None,
    subject_ref: str = "",
    officer_id: int | None,
) -> LegalHold:
    """Place a hold: from `since` on nothing that it names is erased. It names a person, a place, or both.

    :raises HoldRefused: if it makes no sense, or would hold everything of everybody.
    """
    if not reference.strip() or not ground.strip():
        raise HoldRefused("a hold names its case and the law that asks for it")
    if until is not None and until < since:
        raise HoldRefused("a hold ends after it begins")
    if system is not None and dataset is not None:
        raise HoldRefused("a hold names a system or a dataset, and not both")
    if system is None and dataset is None and not subject_ref:
        raise HoldRefused("a hold names a system, a dataset or a person: else nothing could be erased")
    with transaction.atomic():
        hold = LegalHold.objects.create(
            reference=reference.strip(),
            ground=ground.strip(),
            system=system,
            dataset=dataset,
            subject_ref=subject_ref,
            since=since,
            until=until,
            placed_by_id=officer_id,
        )
        tell(HOLD_PLACED, _told(hold), changed_by=str(officer_id))
    return hold


def lift_hold(hold_id: UUID | str, *, officer_id: int | None, at: datetime) -> None:
    """Lift a hold: what it held may be erased from now on.

    :raises HoldNotFound: if there is none that stands.
    """
    with transaction.atomic():
        hold = LegalHold.objects.select_for_update().filter(pk=hold_id, lifted_at=None).order_by("pk").first()
        if hold is None:
            raise HoldNotFound("there is no such hold, or it was lifted already")
        hold.lifted_at = at
        hold.save(update_fields=["lifted_at"])
        tell(HOLD_LIFTED, _told(hold), changed_by=str(officer_id))


def _told(hold: LegalHold) -> dict[str, str]:
    """Return what the ledger learns: the place and the case; of a person only that there is one."""
    return {
        "hold": str(hold.pk),
        "reference": hold.reference,
        "system": hold.system.slug if hold.system else "",
        "dataset": f"{hold.dataset.system.slug}/{hold.dataset.name}" if hold.dataset else "",
        "of": "person" if hold.subject_ref else "everybody",
    }
