"""Signals in the ledger: compared with it, pruned and erased with it, and the mapping they were read by."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from config.mapping_check import check_mapping
from consent.keys.queries import get_keys
from consent.ledger.models import Leaf
from consent.ledger.queries import get_time
from consent.records import events, queries
from consent.records.models import ConsentRecord, CurrentChoice, RecordedSignal, SignalMapping
from consent.records.services import forget_pruned, rebuild_choices, record_rows
from consent.records.signals import judging, standing
from consent.records.signals.mappings import MappingUnreadable
from consent.subjects.models import Subject
from consent.subjects.private_parts import open_parts
from consent.subjects.queries import SubjectStateUnreadable
from consent.subjects.services import erase_subject
from consent.subjects.types import SubjectRef
from tests import retention_world
from tests.signals_world import (
    ADS,
    AUDIENCE,
    EVERYTHING,
    NOON,
    choose,
    list_written,
    make_body,
    make_tc,
    publish_policy,
    read,
    say,
    signals,
)

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
YES = make_tc(*EVERYTHING)
OURS = {
    "schema": "accordant/signal-mapping/1",
    "version": "ours-1",
    "frameworks": {"tcf": {"grants_in": ["EEA"]}},
    "purposes": {"marketing.email": {"tcf": {"purposes": [1]}}},
}


@pytest.fixture(autouse=True)
def _policy(db: None) -> None:
    publish_policy()


@pytest.fixture
def ours(tmp_path: Path, settings: Settings) -> Path:
    """Put a mapping of the organisation's own in use."""
    settings.SIGNAL_MAPPING = path = tmp_path / "ours.json"
    path.write_text(json.dumps(OURS))
    return path


def text_of(signal: RecordedSignal) -> str:
    part = open_parts({signal.event_id: SubjectRef(signal.subject_id)})[signal.event_id]
    return str(part["text"])


def test_a_ledger_with_signals_is_verified_and_its_choices_can_be_made_anew() -> None:
    say(choices=[choose(ADS, "refused")], signals=signals(tcf=YES, usp="1YYN", gpc="1"))
    retention_world.seal()

    assert not retention_world.verify().findings
    report = rebuild_choices(repair=False)
    assert (report.differences, report.events) == (0, ConsentRecord.objects.count())


def test_the_text_is_kept_byte_for_byte_under_the_subjects_key() -> None:
    say(signals=signals(tcf=YES))

    signal = RecordedSignal.objects.get()
    assert text_of(signal) == YES
    assert queries.list_sent_signals(refs=[SubjectRef(signal.subject_id)])[0][1] == YES


def test_erasure_makes_a_string_unreadable_and_leaves_the_proofs(
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    say(signals=signals(tcf=YES))
    retention_world.seal()
    ref = SubjectRef(Subject.objects.get().ref)

    with django_capture_on_commit_callbacks(execute=True):
        erase_subject(ref=ref, requested_by="request:1", at=NOON)

    retention_world.seal()
    assert get_keys([ref]) == {}
    assert queries.list_sent_signals(refs=[ref]) == []
    with pytest.raises(SubjectStateUnreadable):
        text_of(RecordedSignal.objects.get())
    assert not retention_world.verify().findings


def test_signals_are_forgotten_once_the_ledger_has_pruned_them() -> None:
    say(signals=signals(tcf=YES))
    retention_world.seal()
    retention_world.erase(Subject.objects.get().ref)

    with retention_world.short_rules():
        retention_world.apply()
        while forget_pruned():
            pass

    assert not RecordedSignal.objects.exists()
    assert not retention_world.verify().findings


def test_the_organisations_own_mapping_is_used_and_kept_by_its_digest(ours: Path) -> None:
    say(signals=signals(tcf=YES))
    say(signals=signals(tcf=make_tc(1, 2)))

    assert ("marketing.email", "granted", "tcf") in list_written()
    [kept] = SignalMapping.objects.all()
    assert json.loads(kept.document) == OURS
    assert hashlib.sha256(kept.document.encode()).hexdigest() == kept.digest
    ours.write_text(json.dumps({**OURS, "version": "ours-2"}))
    say(signals=signals(tcf=make_tc(1, 3)))
    assert SignalMapping.objects.count() == 2


def test_a_text_that_is_sent_again_is_read_for_purposes_that_are_new_and_for_no_others(ours: Path) -> None:
    ours.write_text(json.dumps({**OURS, "purposes": {ADS: {"opt_out": ["sale"]}}}))
    say(signals=signals(usp="1YYN"), at=get_time())
    yes = choose(ADS, "granted")
    del yes["effective_at"]
    say(choices=[yes], at=get_time())
    purposes = {ADS: {"opt_out": ["sale"]}, AUDIENCE: {"opt_out": ["sale"]}}
    ours.write_text(json.dumps({**OURS, "version": "ours-2", "purposes": purposes}))

    again = [say(facts=[], signals=signals(usp="1YYN"), at=get_time()).signals[0].repeated for _ in range(2)]

    assert again == [False, True]
    assert list_written() == [(ADS, "opted_out", "usp"), (ADS, "granted", ""), (AUDIENCE, "opted_out", "usp")]


@pytest.mark.parametrize(
    "text", ["", "{", '{"schema": "accordant/signal-mapping/1"}', None], ids=["empty", "half", "part", "gone"]
)
def test_a_mapping_that_cannot_be_used_is_refused_at_start_and_reads_nothing(
    ours: Path, text: str | None
) -> None:
    assert check_mapping() == []
    if text is None:
        ours.unlink()
    else:
        ours.write_text(text)

    found = check_mapping()
    assert found
    assert all("ACCORDANT_SIGNAL_MAPPING" in one.msg and one.hint for one in found)
    row = read(make_body(signals=signals(tcf=YES)))
    with pytest.raises(MappingUnreadable):
        record_rows(rows=[row], source="test", at=NOON)
    assert not Subject.objects.exists()


def test_the_service_says_that_it_honours_the_signal(settings: Settings) -> None:
    answer = Client().get("/.well-known/gpc.json")

    assert answer.json() == {"gpc": True, "lastUpdate": settings.GPC_UPDATED_ON.isoformat()}
    assert answer["Content-Type"] == "application/json"


# Planted bugs


def test_a_string_that_is_not_sealed_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    told = events.tell_signal

    def unsealed(taken: Any, signal: Any, *rest: Any, **more: Any) -> Any:
        entry = told(taken, signal, *rest, **more)
        entry.body["says"]["text"] = signal.text
        return entry

    monkeypatch.setattr("consent.records.signals.desk.tell_signal", unsealed)
    say(signals=signals(tcf=YES))
    retention_world.seal()

    assert any(YES in bytes(leaf.envelope).decode() for leaf in Leaf.objects.all())


def test_a_yes_that_lifts_another_ways_no_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `test_signal_recording` would see it, if the mapping were not told what stands."""
    monkeypatch.setattr(judging, "list_standing", lambda *_, **__: ())
    say(choices=[choose(AUDIENCE, "refused", NOON.replace(year=2025))])

    say(signals=signals(tcf=YES))

    assert (AUDIENCE, "granted", "tcf") in list_written()


def test_standing_noes_that_are_taken_from_what_is_in_force_alone_are_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    honest = standing.list_standing

    def shortened(records: Any, **more: Any) -> Any:
        current = set(CurrentChoice.objects.values_list("record_id", flat=True))
        return honest([one for one in records if one.record_id in current], **more)

    monkeypatch.setattr(judging, "list_standing", shortened)
    monkeypatch.setattr("consent.ledger.queries.get_time", lambda: NOON)
    say(choices=[choose(AUDIENCE, "refused", NOON.replace(month=1))])
    say(signals=signals(tcf=make_tc(made_at=NOON.replace(month=2))))

    say(signals=signals(tcf=make_tc(*EVERYTHING, made_at=NOON)))

    assert (AUDIENCE, "granted", "tcf") in list_written()


def test_a_conflict_that_is_not_kept_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consent.records.signals.desk._as_json", lambda _: "[]")
    say(choices=[choose(ADS, "refused")], signals=signals(tcf=YES))
    retention_world.seal()

    findings = [str(one) for one in retention_world.verify().findings]

    assert any("the column conflicts is not what leaf" in one for one in findings)
