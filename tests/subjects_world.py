"""Subjects made from identifiers alone, with everything that goes with them, for the tests of subjects."""

from collections.abc import Sequence

from django.db import transaction

from consent.keys import services as keys
from consent.ledger import queries as ledger_queries
from consent.ledger import services as ledger
from consent.ledger.types import Stream
from consent.subjects import services
from consent.subjects.types import Identifier, IdentifierKind, Refusal, Sighted, Sighting, SubjectRef
from tests.records_world import JUNE_1


def email(name: str, *, verified: bool = False) -> Identifier:
    """Return the e-mail address of `name`."""
    return Identifier(IdentifierKind.EMAIL, f"{name}@example.com", verified)


def customer(number: str) -> Identifier:
    """Return a customer's number: verified by its kind."""
    return Identifier(IdentifierKind.CUSTOMER_ID, number)


def cookie(value: str) -> Identifier:
    """Return a browser's cookie: never verified."""
    return Identifier(IdentifierKind.COOKIE_ID, value)


@transaction.atomic
def take(*sightings: Sighting, source: str = "test") -> list[Sighted | Refusal]:
    """Do for the sightings what the recording of rows does, and return what became of each."""
    resolution = services.resolve(sightings=sightings)
    recorded_at = ledger_queries.get_time()
    told, audited = services.settle(
        resolution,
        source=source,
        at=JUNE_1,
        recorded_at=recorded_at,
        data_keys=keys.ensure_keys([one.ref for one in resolution.added]),
    )
    services.advance_versions(resolution.versions.changed())
    ledger.append(stream=Stream.CONSENT, entries=told, recorded_at=recorded_at)
    ledger.append(stream=Stream.AUDIT, entries=audited, recorded_at=recorded_at)
    return list(resolution.outcomes)


def attach(*sets: Sequence[Identifier]) -> list[tuple[SubjectRef, ...]]:
    """Return whom each set leads to, the actor first."""
    reached = []
    for outcome in take(*(Sighting(tuple(one)) for one in sets)):
        assert isinstance(outcome, Sighted), outcome
        reached.append(outcome.reached)
    return reached
