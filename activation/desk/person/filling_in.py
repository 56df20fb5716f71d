"""What a look-up fills in elsewhere: by what the person is known, for the officer who looked."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from activation.desk.person.types import Shown
from activation.desk.person.visits import VisitNotFound, get_visit, open_visit
from consent.subjects.types import Identifier


@transaction.atomic
def read_identifiers(visit_id: str, *, officer_id: int, at: datetime) -> tuple[Identifier, ...]:
    """Return by what the officer looked the person up, or else by what that one is known. It is on record.

    :raises VisitNotFound, NotTheAsker, VisitOver, KeysUnavailable: if the look-up does not open.
    """
    try:
        visit = get_visit(UUID(visit_id), officer_id=officer_id, at=at)
    except ValueError:
        raise VisitNotFound("there is no such look-up") from None
    opened = open_visit(visit, Shown.ENTRY, at=at)
    if opened.asked.identifier is not None:
        return (opened.asked.identifier,)
    return opened.person.identifiers[:1]
