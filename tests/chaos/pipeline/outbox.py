"""The suppressions of a schedule: written a few at a time, whatever happens to the server meanwhile."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import Error, connections, transaction
from django.utils import timezone

from activation.destinations.services import connect_destination, register_destination
from activation.destinations.types import DestinationKind
from activation.enforcement.membership.models import Holding
from activation.enforcement.membership.sealing import seal_member
from activation.enforcement.membership.types import Member
from activation.enforcement.suppression.models import Suppression
from activation.enforcement.suppression.types import Cause, SuppressionState
from consent.subjects.types import IdentifierKind
from tests.chaos.pipeline.plans import KEYLESS_SUBJECTS, SUBJECTS
from tests.chaos.pipeline.receiver import Receiver, name_person
from tests.fakes.webhook_receiver import SECRET
from tests.suppression_world import make_holding

KEYED, KEYLESS = "keyed", "keyless"
POLL = 0.05
PATIENCE = 30.0
_EACH = 4


@dataclass(frozen=True, slots=True)
class Planned:
    """One suppression that is to be written. Its place is its id: written twice, it is there once."""

    pk: int
    destination: str
    subject: str
    number: int


def plan_suppressions() -> list[Planned]:
    """Return all of them: of some subjects the four are far apart, of the others one follows the other."""
    subjects = [(KEYED, f"k{number:03}") for number in range(SUBJECTS)]
    subjects += [(KEYLESS, f"n{number:03}") for number in range(KEYLESS_SUBJECTS)]
    rounds = range(1, _EACH + 1)
    rows = [(slug, one, number) for number in rounds for slug, one in subjects[0::2]]
    rows += [(slug, one, number) for slug, one in subjects[1::2] for number in rounds]
    return [Planned(pk, *row) for pk, row in enumerate(rows, 1)]


def connect(slug: str, receiver: Receiver) -> Holding:
    """Register the destination, connected to the receiver, and return what it holds."""
    register_destination(
        slug=slug,
        kind=DestinationKind.AD_PLATFORM,
        title=slug,
        registered_by="officer",
        at=timezone.now(),
    )
    connect_registered(slug, receiver)
    return make_holding(slug)


def connect_registered(slug: str, receiver: Receiver) -> None:
    """Connect a destination to the receiver, by signed messages."""
    connect_destination(
        slug=slug,
        connector="webhook",
        settings={"url": f"{receiver.url}/in", "attempts": 1, "timeout_seconds": 5.0},
        secrets={"signing_secret": SECRET},
        changed_by="officer",
        at=timezone.now(),
    )


def write(holdings: dict[str, Holding], portion: Sequence[Planned]) -> None:
    """Write the suppressions, in one transaction, until they are written."""
    deadline = time.monotonic() + PATIENCE
    while not _try(holdings, portion):
        assert time.monotonic() < deadline, "the server does not come back"
        connections.close_all()
        time.sleep(POLL)


def count_waiting(slug: str) -> int | None:
    """Return how many of the destination are not acknowledged; None if the server does not answer now."""
    try:
        rows = Suppression.objects.filter(destination=slug)
        return rows.exclude(state=SuppressionState.ACKNOWLEDGED).count()
    except Error:
        connections.close_all()
        return None


def _try(holdings: dict[str, Holding], portion: Sequence[Planned]) -> bool:
    rows = [_row(holdings[one.destination], one) for one in portion]
    try:
        with transaction.atomic():
            Suppression.objects.bulk_create(rows, ignore_conflicts=True)
    except Error:
        return False
    return True


def _row(holding: Holding, one: Planned) -> Suppression:
    name = name_person(one.subject, one.number)
    member = Member(ref=one.subject, identifiers={IdentifierKind.CUSTOMER_ID: (name,)})
    return Suppression(
        pk=one.pk,
        holding=holding,
        destination=one.destination,
        subject_ref=one.subject,
        cause=Cause.WITHDRAWAL,
        reason="withdrawn",
        recorded_at=timezone.now(),
        sealed=seal_member(holding, member),
    )
