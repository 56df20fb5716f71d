"""Looking a person up, and opening their page again. Each is on record in the ledger's audit stream."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from activation.desk.person.models import PersonVisit
from activation.desk.person.types import Asked, Outcome, Shown
from activation.desk.tracing.persons import SubjectUnknown, find_person
from activation.desk.tracing.traces import NotTheAsker, check_reason
from activation.desk.tracing.types import Access, Person
from consent.kernel.errors import AccordantError
from consent.keys import queries as keys
from consent.keys import services as sealing
from consent.keys.types import KeyUnreadable
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream, rfc3339
from consent.subjects.types import Identifier, IdentifierKind, SubjectRef

PER_HOUR = timedelta(hours=1)


class VisitNotFound(AccordantError):
    """There is no such look-up."""

    code = "visit_not_found"
    status = 404


class VisitOver(AccordantError):
    """The time of the look-up is over."""

    code = "visit_over"
    status = 410


class TooManyLookUps(AccordantError):
    """The officer looked up as many people within the hour as anybody may."""

    code = "too_many_look_ups"
    status = 429


@dataclass(frozen=True, slots=True)
class OpenVisit:
    """A look-up whose page is open, and whom it leads to now."""

    visit: PersonVisit
    asked: Asked
    person: Person

    @property
    def outcome(self) -> Outcome:
        """What it leads to now: a no that was recorded since makes somebody of nobody."""
        return tell_outcome(self.person)


@transaction.atomic
def look_up(*, asked: Asked, access: Access, reason: str, officer_id: int, at: datetime) -> UUID:
    """Look somebody up, and return the id of the visit, whoever was found or not.

    The audit stream says who looked, when, why, and that somebody or nobody was found; not whom.

    :raises NoReasonGiven: if there is no reason, or it seems to name somebody.
    :raises MalformedIdentifier: if nobody can be called so.
    :raises TooManyLookUps: if the officer has to wait.
    :raises KeysUnavailable: if what was asked cannot be sealed now.
    """
    insist_on_pace(officer_id, at=at)
    person = find(asked, at=at)
    visit = PersonVisit(
        officer_id=officer_id,
        access=access,
        reason=check_reason(reason, asked.told),
        outcome=tell_outcome(person),
        visited_at=at,
        expires_at=at + settings.PERSON_VISIT_LASTS,
    )
    sealed = sealing.seal_secret(_write(asked), name=visit.key_name)
    visit.kek_version, visit.wrapped, visit.sealed = sealed.version, sealed.wrapped, sealed.sealed
    visit.save()
    tell_read(visit, Shown.FOUND, at=at, outcome=visit.outcome)
    return visit.pk


def insist_on_pace(officer_id: int, *, at: datetime) -> None:
    """Return if the officer may look somebody up now. Those of one officer wait for each other.

    :raises TooManyLookUps: if not.
    """
    get_user_model().objects.select_for_update().filter(pk=officer_id).values_list("pk").first()
    recent = PersonVisit.objects.filter(officer_id=officer_id, visited_at__gt=at - PER_HOUR)
    if recent.count() >= settings.PERSON_LOOKUPS_PER_HOUR:
        raise TooManyLookUps(
            f"you looked up {settings.PERSON_LOOKUPS_PER_HOUR} people within an hour, which is as many as"
            " anybody may"
        )


def get_visit(visit_id: UUID, *, officer_id: int, at: datetime) -> PersonVisit:
    """Return the look-up, for the officer who made it.

    :raises VisitNotFound, NotTheAsker, VisitOver: if there is none, another's, or its time is over.
    """
    visit = PersonVisit.objects.filter(pk=visit_id).order_by("pk").first()
    if visit is None:
        raise VisitNotFound("there is no such look-up")
    if visit.officer_id != officer_id:
        raise NotTheAsker("who was found is for the officer who looked: look them up yourself")
    if visit.expires_at <= at or not visit.kek_version:
        raise VisitOver("the time of this look-up is over: look the person up again")
    return visit


def open_visit(visit: PersonVisit, shown: Shown, *, at: datetime, **facts: object) -> OpenVisit:
    """Put on record what is shown, and return whom the look-up leads to. In the caller's transaction.

    :raises VisitOver: if by what was looked does not open any more: its key was changed since.
    :raises KeysUnavailable: if keys cannot be had now.
    """
    asked = read_asked(visit)
    tell_read(visit, shown, at=at, **facts)
    return OpenVisit(visit, asked, find(asked, at=at))


def read_asked(visit: PersonVisit) -> Asked:
    """Return by what was looked up.

    :raises VisitOver, KeysUnavailable: as `open_visit` does.
    """
    try:
        asked = json.loads(keys.open_secret(visit.as_sealed(), name=visit.key_name))
    except KeyUnreadable:
        raise VisitOver("what was looked up does not open any more: look the person up again") from None
    if "ref" in asked:
        return Asked(ref=SubjectRef(asked["ref"]))
    return Asked(identifier=Identifier(IdentifierKind(asked["kind"]), asked["value"]))


def find(asked: Asked, *, at: datetime) -> Person:
    """Return whom it leads to, with everybody linked to them; an unknown reference leads to nobody.

    :raises MalformedIdentifier: if the identifier cannot be one of its kind.
    """
    try:
        return find_person(identifier=asked.identifier, ref=asked.ref, at=at)
    except SubjectUnknown:
        return Person()


def tell_outcome(person: Person) -> Outcome:
    """Return what kind of find it is."""
    if not person.refs:
        return Outcome.NOBODY
    if len(person.erased) == len(person.refs):
        return Outcome.ERASED
    return Outcome.SEVERAL if person.is_ambiguous else Outcome.FOUND


def tell_read(visit: PersonVisit, shown: Shown, *, at: datetime, **facts: object) -> None:
    """Put on record in the caller's transaction that the officer was shown something. It names nobody."""
    write_down("person_read", visit, at=at, shown=shown.value, **facts)


def write_down(kind: str, visit: PersonVisit, *, at: datetime, **facts: object) -> None:
    """Put an officer's act in the ledger's audit stream: who, when and why, and by which look-up."""
    body = {
        "visit": str(visit.pk),
        "officer": visit.officer_id,
        "access": visit.access,
        "reason": visit.reason,
        "at": rfc3339(at),
        **facts,
    }
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry(kind, body)])


def _write(asked: Asked) -> str:
    if asked.identifier is None:
        return json.dumps({"ref": asked.ref})
    return json.dumps({"kind": asked.identifier.kind.value, "value": asked.identifier.value})
