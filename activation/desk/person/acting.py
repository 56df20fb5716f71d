"""Recording a no for a person who told an officer: once for each form, and by whom, on record."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from activation.desk.person.models import PersonAct, PersonVisit
from activation.desk.person.types import Way
from activation.desk.person.visits import OpenVisit, find, read_asked, write_down
from activation.desk.tracing.traces import check_reason
from activation.enforcement.membership.keys import read_identifiers
from consent.kernel.errors import AccordantError
from consent.records.services import record_rows
from consent.records.types import Choice, Fault, NewChoice, NewRow
from consent.subjects.rules import normalise
from consent.subjects.types import Identifier

FORM = "desk"


class NotRecorded(AccordantError):
    """The no could not be recorded; nothing was written."""

    code = "no_not_recorded"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNo:
    """What a person told an officer."""

    token: UUID
    """Of the form that was shown: whoever sends it twice records once."""
    choice: Choice
    purpose: str
    controller: str
    """Empty: towards every one."""
    way: Way
    note: str = ""


@transaction.atomic
def record_no(visit: PersonVisit, told: NewNo, *, at: datetime) -> int:
    """Record the no for whom the look-up leads to, and return how many records it made; 0: it was sent twice.

    The audit stream says which officer recorded it, how they were told, and why they looked the person up.

    :raises NotRecorded: if the person is erased, or nothing on record leads to them.
    :raises NoReasonGiven: if the note seems to name somebody.
    :raises VisitOver, KeysUnavailable: if the look-up does not open.
    """
    asked = read_asked(visit)
    note = check_reason(told.note, asked.told) if told.note.strip() else ""
    if not _begin(visit, told.token):
        return 0
    identifier = _find_identifier(OpenVisit(visit, asked, find(asked, at=at)))
    [outcome] = record_rows(
        rows=[NewRow((normalise(identifier),), (_as_choice(told, at),), ())],
        source=f"desk, act {told.token}",
        at=at,
    )
    if isinstance(outcome, Fault):
        raise NotRecorded(f"nothing was recorded: the identifiers {outcome.message}")
    records = len(outcome.record_ids)
    PersonAct.objects.filter(pk=told.token).update(records=records)
    _tell(visit, told, note, records, at)
    return records


def _begin(visit: PersonVisit, token: UUID) -> bool:
    """Return whether this is the first time that the form is sent. One sent meanwhile is waited for."""
    try:
        with transaction.atomic():
            PersonAct.objects.create(token=token, visit=visit)
    except IntegrityError:
        return False
    return True


def _find_identifier(opened: OpenVisit) -> Identifier:
    if opened.asked.identifier is not None:
        return opened.asked.identifier
    refs = [ref for ref in opened.person.refs if ref == opened.asked.ref]
    found = [*(read_identifiers(refs).get(refs[0]) or ())] if refs else []
    if not found:
        raise NotRecorded(
            "nothing was recorded: no identifier of theirs is on record, so look them up by one"
        )
    return found[0]


def _as_choice(told: NewNo, at: datetime) -> NewChoice:
    return NewChoice(
        purpose=told.purpose,
        choice=told.choice,
        effective_at=at,
        controller=told.controller or None,
        method=told.way.value,
        form=FORM,
    )


def _tell(visit: PersonVisit, told: NewNo, note: str, records: int, at: datetime) -> None:
    write_down(
        "person_acted_for",
        visit,
        at=at,
        act=str(told.token),
        choice=told.choice.value,
        purpose=told.purpose,
        controller=told.controller,
        way=told.way.value,
        note=note,
        records=records,
    )
