"""Reads of the register: what it says of a moment, and what officers wrote."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings

from activation.decisions.compiler import compile_policy
from activation.desk.register import observing
from activation.desk.register.material import Material
from activation.desk.register.models import RegisterNote
from activation.desk.register.rules import assemble
from activation.desk.register.topics import TOPICS, NoteAbout, Notes, NoteTopic, Place
from activation.desk.register.types import ProcessingRegister
from activation.destinations.queries import get_register as get_destinations
from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.ledger import queries as ledger
from consent.ledger import services as ledger_services
from consent.policies import queries as policies

OBSERVED_DAYS = 90
"""Processing that was seen within so many days counts as seen lately, unless another number is asked for."""


class NoPolicyInForce(AccordantError):
    """No policy was in force at that time: nothing was declared."""

    code = "no_policy_in_force"
    status = 404


def get_register(*, at: datetime, generated_at: datetime, days: int = OBSERVED_DAYS) -> ProcessingRegister:
    """Return the register of processing as of `at`.

    Policy, destinations and notes are those of `at`. How long this service keeps what it holds is as set now,
    and so is the number of ungated paths.

    :raises NoPolicyInForce: if none was in force at `at`.
    """
    return assemble(
        _get_material(at),
        observing.list_observed(),
        ungated_paths=observing.count_ungated_paths(),
        lately=timedelta(days=days),
        generated_at=generated_at,
        watermark=ledger.get_size(),
    )


def get_notes(*, at: datetime) -> Notes:
    """Return what the notes in force at `at` say, by place."""
    rows = RegisterNote.objects.written_by_then(at).order_by("written_at", "pk")
    found = {_place(row): row.text for row in rows}
    return {place: text for place, text in found.items() if text}


def list_places(*, at: datetime) -> tuple[Place, ...]:
    """Return where notes can be written: about what the policy in force at `at` names. None without one."""
    policy = policies.get_policy_in_force(at=at)
    if policy is None:
        return ()
    document = canonical.loads(policy.canonical)
    slugs = {
        NoteAbout.CONTROLLER: document["controllers"],
        NoteAbout.PURPOSE: document["purposes"],
        NoteAbout.DESTINATION: document["destinations"],
    }
    return tuple(
        Place(about, slug, topic)
        for about, topics in TOPICS.items()
        for slug in sorted(slugs[about])
        for topic in topics
    )


def _get_material(at: datetime) -> Material:
    published = policies.get_policy_in_force(at=at)
    if published is None:
        raise NoPolicyInForce("no policy was in force at that time: publish one, or ask for another time")
    return Material(
        policy=compile_policy(published),
        document=canonical.loads(published.canonical),
        destinations=get_destinations(),
        notes=get_notes(at=at),
        at=at,
        economic_area=policies.list_members_of("EEA"),
        data_subjects=policies.get_names_of_data_subjects(),
        kept=_get_kept(),
    )


def _get_kept() -> Mapping[str, timedelta | None]:
    streams = {f"ledger of {one.stream.value}": one.kept_for for one in ledger_services.list_retention()}
    consent = streams.pop("ledger of consent", None)
    return {
        "records of consent, counted from the person's erasure": consent,
        "other ledger entries": None if None in streams.values() else max(filter(None, streams.values())),
        "records of runs and their evidence": settings.RUNS_KEPT,
        "records of what was taken out of destinations": settings.SUPPRESSIONS_KEPT,
    }


def _place(row: RegisterNote) -> Place:
    return Place(NoteAbout(row.about), row.slug, NoteTopic(row.topic))
