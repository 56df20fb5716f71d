"""Rows about canaries in an audience are decided as everybody's are, and each is denied."""

import pyarrow as pa
import pytest
from django.utils import timezone

from activation.decisions.engine import decide
from activation.destinations.queries import get_register
from activation.enforcement.audience.identifiers import find_identifier_columns, read_identifiers
from activation.enforcement.canaries.models import Incident
from activation.enforcement.canaries.services import CanaryRows, place_canaries, raise_alarm
from activation.enforcement.canaries.types import CanariesNotApplicable, CanaryAlarm, CanaryPassed, Way
from activation.snapshots.queries import open_snapshot
from tests.canary_world import QUESTION, make_canaries
from tests.enforcement_world import make_world

pytestmark = pytest.mark.django_db

SCHEMA = pa.schema([(name, pa.string()) for name in ("customer_id", "email", "phone", "spent")])
COLUMNS = find_identifier_columns(SCHEMA)


def place_and_decide() -> tuple[CanaryRows, list[bool]]:
    """Return the rows about canaries, and whether each is allowed."""
    at = timezone.now()
    with open_snapshot(at=at) as snapshot:
        placed = place_canaries(
            schema=SCHEMA, columns=COLUMNS, question=QUESTION, policy=snapshot.policy, at=at
        )
        people = read_identifiers(placed.batch, COLUMNS)
        states = snapshot.load_states([person or () for person in people])
        allowed = [decide(snapshot.policy, snapshot.register, one, QUESTION, at).allowed for one in states]
    return placed, allowed


def test_canaries_in_an_audience_are_denied_row_by_row() -> None:
    make_world()
    make_canaries()

    placed, allowed = place_and_decide()

    assert len(allowed) == 4 * len(Way)  # by three columns together, and by each alone
    placed.check(enumerate(allowed))


def test_a_canary_that_passes_raises_an_alarm_which_becomes_an_incident() -> None:
    make_world()
    make_canaries()
    placed, allowed = place_and_decide()

    with pytest.raises(CanaryPassed) as raised:
        placed.check(enumerate([*allowed[:-1], True]))
    number = raise_alarm(alarm=raised.value, path="run")

    incident = Incident.objects.get()
    assert (incident.pk, incident.ways, incident.suspended) == (number, ["erased"], True)
    assert isinstance(raised.value, CanaryAlarm)
    assert get_register()["ads"].is_suspended(timezone.now())


def test_a_run_to_a_destination_without_canaries_is_told_so() -> None:
    make_world()

    with pytest.raises(CanariesNotApplicable, match="no canaries"):
        place_and_decide()
