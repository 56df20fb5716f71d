"""Signals of a row: recorded with their evidence, weighed against what stands, written once."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from consent.records.models import ConsentRecord, CurrentChoice, RecordedSignal, SignalMapping
from tests.signals_world import (
    ADS,
    AUDIENCE,
    DAY,
    NOON,
    list_written,
    make_tc,
    publish_policy,
    say,
    signals,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[datetime]]:
    """Stop the ledger's clock at what the list holds, and put the policy in force."""
    publish_policy()
    now = [NOON]
    monkeypatch.setattr("consent.ledger.queries.get_time", lambda: now[0])
    yield now


def in_force(purpose: str) -> str:
    [choice] = CurrentChoice.objects.filter(purpose=purpose).values_list("choice", flat=True)
    return choice


def test_a_string_grants_the_purposes_that_it_names_and_refuses_the_others() -> None:
    outcome = say(signals=signals(tcf=make_tc(1, 8)))

    assert list_written() == [(ADS, "refused", "tcf"), (AUDIENCE, "granted", "tcf")]
    signal = RecordedSignal.objects.get()
    assert set(ConsentRecord.objects.values_list("refers_to", flat=True)) == {signal.event_id}
    assert set(ConsentRecord.objects.values_list("effective_at", flat=True)) == {NOON.replace(hour=0) - DAY}
    [taken] = outcome.signals
    assert (taken.event_id, taken.repeated, taken.conflicts) == (signal.event_id, False, ())
    assert SignalMapping.objects.get().digest == signal.mapping_digest
