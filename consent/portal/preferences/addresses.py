"""A visitor's new address: recorded beside the one they came by, so that both lead to one person."""

from datetime import datetime

from django.db import transaction

from consent.portal.models import Visit
from consent.portal.preferences.recording import SOURCE, PeopleUnclear
from consent.portal.preferences.sealing import seal
from consent.portal.preferences.visiting import write_identifiers
from consent.portal.types import Trust, Visitor
from consent.records.services import record_rows
from consent.records.types import Fault, NewRow
from consent.requests.verification.contacts import Contact


@transaction.atomic
def add_address(visitor: Visitor, contact: Contact, *, at: datetime) -> None:
    """Have `contact`, which was proven by a code, be the visitor's too; the visit goes on with both.

    What was chosen by way of either counts for both from now on. Nothing is taken away.

    :raises PeopleUnclear: if the two are known as two people's: an officer has to look. Nothing is written.
    :raises ValueError: if the visitor has not shown who they are.
    """
    if visitor.trust is not Trust.PROVEN:
        raise ValueError("only who has shown who they are may have a new address")
    identifiers = (*visitor.identifiers, contact.as_identifier())
    row = NewRow(identifiers, (), (), new_start=True)
    [outcome] = record_rows(rows=[row], source=SOURCE, at=at)
    if isinstance(outcome, Fault):
        raise PeopleUnclear("the two addresses are known as two people's")
    visit = Visit.objects.select_for_update().filter(pk=visitor.visit_id).order_by("pk").first()
    if visit is not None:
        seal(visit, write_identifiers(dict.fromkeys(identifiers)))
        visit.save(update_fields=["kek_version", "wrapped", "sealed"])
