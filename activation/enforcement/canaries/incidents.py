"""Raising an incident: the ledger is told, the destination suspended, and officers see it until they answer.

It commits on its own, so that what fails because of it cannot take it back.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from activation.decisions.types import Question
from activation.destinations.services import (
    DestinationNotRegistered,
    StatusUnchanged,
    suspend_destination,
)
from activation.enforcement.canaries.models import Incident
from activation.enforcement.canaries.types import (
    SUSPENDING,
    IncidentAcknowledged,
    IncidentKind,
    IncidentNotFound,
    NoteMissing,
    Way,
)
from consent.kernel.ids import new_id
from consent.ledger import queries as ledger_queries
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream, rfc3339

OFFICER = "canaries"
"""Who the register says suspended a destination, where no officer did."""
_LONGEST_NOTE = 2000
_SUSPENDED_BECAUSE = {
    IncidentKind.CANARY_PASSED: "a canary was let through: see Incidents",
    IncidentKind.CANARY_UNACCOUNTED: "a canary got lost on the way: see Incidents",
}

logger = logging.getLogger(__name__)


@transaction.atomic
def raise_incident(
    *, kind: IncidentKind, question: Question, ways: Sequence[Way], path: str, run_id: UUID | None = None
) -> int:
    """Put the incident on record, and return its number.

    Where the path that decides cannot be trusted any more, the destination is suspended: it gets nothing
    until an officer resumes it. `question` may have no purpose, where the incident is about none.
    """
    event_id = new_id("evt")
    incident = Incident.objects.create(
        kind=kind,
        path=path,
        run_id=run_id,
        destination=question.destination,
        purpose=question.purpose,
        controller=question.controller,
        ways=[way.value for way in ways],
        suspended=kind in SUSPENDING and _suspend(question.destination, kind),
        event_id=event_id,
    )
    _tell("incident_raised", _describe(incident), event_id)
    logger.error(
        "incident %s: %s at %s for %s, by %s", incident.pk, kind, question.destination, question.purpose, path
    )
    return incident.pk


@transaction.atomic
def acknowledge_incident(*, number: int, note: str, acknowledged_by: str, at: datetime) -> None:
    """Put on record what an officer found and did. The destination stays suspended until it is resumed.

    :raises IncidentNotFound: if there is none; :raises NoteMissing: without a note.
    :raises IncidentAcknowledged: if an officer did before.
    """
    text = note.strip()
    if not 1 <= len(text) <= _LONGEST_NOTE:
        raise NoteMissing(f"say what was found and done in 1 to {_LONGEST_NOTE} characters")
    incident = Incident.objects.select_for_update().filter(pk=number).first()
    if incident is None:
        raise IncidentNotFound("there is no such incident")
    if incident.acknowledged_at is not None:
        raise IncidentAcknowledged("an officer acknowledged the incident before")
    Incident.objects.filter(pk=number).update(acknowledged_at=at, acknowledged_by=acknowledged_by, note=text)
    body = {"incident": number, "note": text, "acknowledged_by": acknowledged_by}
    _tell("incident_acknowledged", {**body, "acknowledged_at": rfc3339(at)})


def _suspend(destination: str, kind: IncidentKind) -> bool:
    """Suspend the destination by the database's clock, and return whether that changed anything."""
    try:
        with transaction.atomic():
            suspend_destination(
                slug=destination,
                reason=_SUSPENDED_BECAUSE[kind],
                changed_by=OFFICER,
                at=ledger_queries.get_time(),
            )
    except (DestinationNotRegistered, StatusUnchanged):
        return False  # it gets nothing already
    return True


def _describe(incident: Incident) -> dict[str, object]:
    return {
        "incident": incident.pk,
        "kind": str(incident.kind),
        "path": incident.path,
        "run_id": str(incident.run_id) if incident.run_id else None,
        "destination": incident.destination,
        "purpose": incident.purpose or None,
        "controller": incident.controller or None,
        "canaries": list(incident.ways),
        "suspended": incident.suspended,
    }


def _tell(kind: str, body: dict[str, object], event_id: str | None = None) -> None:
    entry = NewEntry(kind, body, event_id=event_id) if event_id else NewEntry(kind, body)
    ledger.append(stream=Stream.INCIDENTS, entries=[entry])
