"""Defining, changing, pausing and deleting standing audiences. Each is an entry of the audit stream."""

from datetime import datetime

from django.db import IntegrityError, transaction

from activation.enforcement.standing.definitions import check_definition
from activation.enforcement.standing.inputs import InputMissing, find_input
from activation.enforcement.standing.models import RunOrder, StandingAudience
from activation.enforcement.standing.schedule import read_schedule
from activation.enforcement.standing.types import Definition
from consent.kernel.errors import AccordantError
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream, rfc3339


class AudienceNotFound(AccordantError):
    """No standing audience has this slug."""

    code = "audience_not_found"
    status = 404


class AudienceAlreadyDefined(AccordantError):
    """The slug is taken."""

    code = "audience_already_defined"
    status = 409


class AudienceUnchanged(AccordantError):
    """The audience already is what it should become."""

    code = "audience_unchanged"
    status = 409


class AudienceBusy(AccordantError):
    """A run of the audience waits or is under way."""

    code = "audience_busy"
    status = 409


@transaction.atomic
def define_audience(*, definition: Definition, created_by: str, at: datetime) -> None:
    """Keep a standing audience from `at` on. Its file need not be there yet.

    :raises MalformedAudience, MalformedSchedule, InputRefused: if the definition cannot be kept.
    :raises AudienceAlreadyDefined: if the slug is taken.
    """
    _check(definition)
    try:
        with transaction.atomic():
            StandingAudience.objects.create(
                slug=definition.slug, created_by=created_by, created_at=at, **_columns(definition, at)
            )
    except IntegrityError as error:
        raise AudienceAlreadyDefined(f"there is an audience {definition.slug} already") from error
    _tell("standing_audience_defined", definition.slug, created_by, at, **_described(definition))


@transaction.atomic
def change_audience(*, definition: Definition, changed_by: str, at: datetime) -> None:
    """Have the audience of the definition's slug be as the definition says. Whether it is paused stays.

    :raises MalformedAudience, MalformedSchedule, InputRefused: if the definition cannot be kept.
    :raises AudienceNotFound: if there is none.
    """
    _check(definition)
    audience = lock_audience(definition.slug)
    columns = _columns(definition, at)
    if not audience.is_active:
        columns["next_run_at"] = None
    StandingAudience.objects.filter(pk=audience.pk).update(**columns)
    _tell("standing_audience_changed", definition.slug, changed_by, at, **_described(definition))


@transaction.atomic
def pause_audience(*, slug: str, changed_by: str, at: datetime) -> None:
    """Run the audience no more by itself, until it is resumed. It can still be run by hand.

    :raises AudienceNotFound: if there is none. :raises AudienceUnchanged: if it is paused already.
    """
    audience = lock_audience(slug)
    if not audience.is_active:
        raise AudienceUnchanged(f"{slug} is paused already")
    StandingAudience.objects.filter(pk=audience.pk).update(is_active=False, next_run_at=None, changed_at=at)
    _tell("standing_audience_paused", slug, changed_by, at)


@transaction.atomic
def resume_audience(*, slug: str, changed_by: str, at: datetime) -> None:
    """Run the audience by itself again. What was missed meanwhile is not made up for.

    :raises AudienceNotFound: if there is none. :raises AudienceUnchanged: if it is not paused.
    """
    audience = lock_audience(slug)
    if audience.is_active:
        raise AudienceUnchanged(f"{slug} is not paused")
    schedule = read_schedule(audience.schedule)
    next_run_at = schedule.next_after(at) if schedule else None
    StandingAudience.objects.filter(pk=audience.pk).update(
        is_active=True, next_run_at=next_run_at, changed_at=at
    )
    _tell("standing_audience_resumed", slug, changed_by, at)


@transaction.atomic
def delete_audience(*, slug: str, deleted_by: str, at: datetime) -> None:
    """Forget the audience and its drift. Its runs, and the orders for them, stay.

    :raises AudienceNotFound: if there is none. :raises AudienceBusy: if a run of it waits or is under way.
    """
    audience = lock_audience(slug)
    if RunOrder.objects.unfinished().filter(audience=audience).exists():
        raise AudienceBusy(f"a run of {slug} waits or is under way: cancel it, or wait for it")
    audience.delete()
    _tell("standing_audience_deleted", slug, deleted_by, at)


def lock_audience(slug: str) -> StandingAudience:
    """Return the audience, locked until the transaction ends.

    :raises AudienceNotFound: if there is none.
    """
    found = StandingAudience.objects.select_for_update().filter(slug=slug).first()
    if found is None:
        raise AudienceNotFound("no standing audience has this slug")
    return found


def _check(definition: Definition) -> None:
    check_definition(definition)
    try:
        find_input(definition.request)
    except InputMissing:
        return  # whoever exports it may come later; the run will say if it is missing still


def _columns(definition: Definition, at: datetime) -> dict[str, object]:
    schedule, request = read_schedule(definition.schedule), definition.request
    return {
        "title": definition.title.strip(),
        "input": request.input,
        "audience_format": request.audience_format,
        "identifiers": dict(request.identifiers),
        "purpose": request.purpose,
        "destination": request.destination,
        "controller": request.controller,
        "schedule": definition.schedule,
        "rerun": definition.rerun.value,
        "next_run_at": schedule.next_after(at) if schedule else None,
        "changed_at": at,
    }


def _described(definition: Definition) -> dict[str, object]:
    """Return what the ledger keeps of a definition. A list's name and columns are the organisation's."""
    request = definition.request
    return {
        "title": definition.title.strip(),
        "input": request.input,
        "format": request.audience_format,
        "identifiers": dict(request.identifiers),
        "purpose": request.purpose,
        "destination": request.destination,
        "controller": request.controller,
        "schedule": definition.schedule,
        "rerun": definition.rerun.value,
    }


def _tell(kind: str, slug: str, by: str, at: datetime, **facts: object) -> None:
    body = {"audience": slug, "by": by, "at": rfc3339(at), **facts}
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry(kind, body)])
