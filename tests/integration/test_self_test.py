"""The self-test asks every path about every canary; what passes is an incident, and stops the destination."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.engine import decide
from activation.decisions.reasons import Effect
from activation.decisions.register import Register
from activation.decisions.types import Decision, Question, SubjectState
from activation.destinations.queries import get_register
from activation.destinations.services import resume_destination, suspend_destination
from activation.enforcement import tasks
from activation.enforcement.canaries import paths
from activation.enforcement.canaries.inquiries import DecisionPath
from activation.enforcement.canaries.models import Incident, SelfTest
from activation.enforcement.canaries.paths import PATHS, ask_store
from activation.enforcement.canaries.queries import find_self_test_fault, identify
from activation.enforcement.canaries.services import SelfTestReport, run_self_test
from activation.enforcement.canaries.types import IncidentKind, Way
from activation.enforcement.judging import Judge
from consent.ledger.models import PendingEvent
from consent.ledger.types import Stream
from consent.subjects.services import erase_subject
from tests.canary_world import ALLOWS_ALL, ANSWERS_NOTHING, LOSES_ONE, list_told, make_canaries, ref_of
from tests.enforcement_world import make_world, register_ads
from tests.store_world import store_world

pytestmark = pytest.mark.django_db

BY_ROW = PATHS[:1]


def is_suspended() -> bool:
    """Return whether the destination gets nothing now."""
    return get_register()["ads"].is_suspended(timezone.now() + timedelta(seconds=1))


def test_all_canaries_are_denied_and_the_ledger_says_so() -> None:
    make_world()

    report = run_self_test(at=timezone.now(), paths=BY_ROW)

    assert (report.asked, report.denied, report.incidents, report.lost) == (6, 6, [], {})
    assert not is_suspended()
    assert [kind for kind, _ in list_told(Stream.AUDIT)][-2:] == ["self_test_answered", "self_test_finished"]
    answered = json.loads(list_told(Stream.AUDIT)[-2][1])
    assert '"canaries":["refused","withdrawn","unsubscribed","opted_out","lapsed","erased"]' in json.dumps(
        answered, separators=(",", ":")
    )
    assert SelfTest.objects.get().event_id in PendingEvent.objects.values_list("event_id", flat=True)


def test_a_path_that_allows_everybody_is_found_and_stops_the_destination() -> None:
    make_world()

    report = run_self_test(at=timezone.now(), paths=[ALLOWS_ALL])

    incident = Incident.objects.get()
    assert report.incidents == [incident.pk]
    assert (report.asked, report.denied) == (6, 0)
    assert (incident.kind, incident.path) == (IncidentKind.CANARY_PASSED, "self_test allows_all")
    assert incident.suspended
    assert is_suspended()


def break_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the row path decide by an engine that denies nobody but what the register denies."""

    def break_decision(
        policy: CompiledPolicy, register: Register, state: SubjectState, question: Question, at: datetime
    ) -> Decision:
        sound = decide(policy, register, state, question, at)
        is_out = register[question.destination].is_suspended(at)
        return replace(sound, effect=Effect.DENY if is_out else Effect.ALLOW)

    monkeypatch.setattr(paths, "decide", break_decision)


def test_an_engine_that_allows_everybody_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    make_world()
    break_engine(monkeypatch)

    report = run_self_test(at=timezone.now(), paths=BY_ROW)

    assert (report.asked, report.denied) == (6, 0)
    assert is_suspended()


def test_a_suspension_does_not_hide_what_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    make_world()
    suspend_destination(slug="ads", reason="x", changed_by="officer", at=timezone.now())
    break_engine(monkeypatch)

    report = run_self_test(at=timezone.now(), paths=BY_ROW)

    assert report.denied == 0
    assert not Incident.objects.get().suspended  # it was before


@pytest.mark.parametrize("path", [LOSES_ONE, ANSWERS_NOTHING], ids=lambda path: path.name)
def test_a_path_that_loses_canaries_in_silence_is_found(path: DecisionPath) -> None:
    make_world()

    run_self_test(at=timezone.now(), paths=[path])

    assert Incident.objects.get().kind == IncidentKind.CANARY_UNACCOUNTED
    assert is_suspended()


def test_incidents_and_their_events_name_no_canary_and_no_person(caplog: pytest.LogCaptureFixture) -> None:
    make_world()
    canaries = make_canaries()

    run_self_test(at=timezone.now(), paths=[ALLOWS_ALL])

    secret = [one.value for canary in canaries.values() for one in identify(canary)]
    secret += [ref_of(canary) for canary in canaries.values()]
    told = [text for stream in (Stream.AUDIT, Stream.INCIDENTS) for _, text in list_told(stream)]
    said = " ".join([*told, caplog.text, json.dumps(list(Incident.objects.values()), default=str)])
    assert "incident_raised" in said
    assert not [value for value in secret if value in said]


def test_each_incident_suspends_anew_after_an_officer_resumed() -> None:
    make_world()
    run_self_test(at=timezone.now(), paths=[ALLOWS_ALL])
    resume_destination(slug="ads", reason="mended", changed_by="officer", at=timezone.now())

    run_self_test(at=timezone.now(), paths=[ALLOWS_ALL])

    assert [one.suspended for one in Incident.objects.order_by("pk")] == [True, True]
    assert is_suspended()


def test_a_lost_canary_fails_the_self_test_and_suspends_nothing() -> None:
    make_world()
    canaries = make_canaries()
    erase_subject(ref=ref_of(canaries[Way.LAPSED]), requested_by="officer:1", at=timezone.now())

    report = run_self_test(at=timezone.now(), paths=BY_ROW)

    assert report.lost == {"ads": [Way.LAPSED]}
    assert report.denied == 6
    assert Incident.objects.get().kind == IncidentKind.CANARY_LOST
    assert not is_suspended()


def test_the_decision_store_is_asked_too(tmp_path: Path) -> None:
    make_world()
    make_canaries()
    with store_world(tmp_path) as world:
        report = _ask_store_of(world)

    assert report.unanswered == {}
    assert (report.asked, report.denied) == (6, 6)


def test_a_decision_store_that_lacks_a_no_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_world()
    make_canaries()
    monkeypatch.setattr("activation.snapshots.lanes.outcomes.Outcome.decision", _Allowed(), raising=False)
    with store_world(tmp_path) as world:
        report = _ask_store_of(world)

    assert report.denied < report.asked
    assert is_suspended()


class _Allowed:
    allowed = True

    def __get__(self, *_: object) -> "_Allowed":
        return self

    def __set__(self, *_: object) -> None:
        """Take whatever is set, and keep nothing."""


def _ask_store_of(world: object) -> SelfTestReport:
    def ask(inquiries: object, at: object) -> list[list[bool]]:
        return ask_store(inquiries, at, open_store=lambda: world.store)  # type: ignore[arg-type, attr-defined]

    return run_self_test(at=timezone.now(), paths=[DecisionPath("store", ask)])


def test_a_machine_without_a_decision_store_says_so(settings: object, tmp_path: Path) -> None:
    settings.SNAPSHOTS = tmp_path  # type: ignore[attr-defined]
    make_world()

    report = run_self_test(at=timezone.now())

    assert list(report.unanswered) == ["store", "bulk"]
    assert report.denied == report.asked == 6
    assert SelfTest.objects.get().unanswered_paths == report.unanswered


def test_the_path_of_audience_runs_is_asked_where_there_is_a_file_of_people(
    settings: Settings, tmp_path: Path
) -> None:
    settings.SNAPSHOTS = tmp_path
    make_world()
    make_canaries()
    call_command("write_people_file")
    suspend_destination(slug="ads", reason="x", changed_by="officer", at=timezone.now())

    report = run_self_test(at=timezone.now())

    assert list(report.unanswered) == ["store"]
    assert {one.path: one.denied for one in report.answers} == {"row": 6, "bulk": 6}


def test_a_path_of_audience_runs_that_lets_canaries_pass_is_found(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SNAPSHOTS = tmp_path
    make_world()
    make_canaries()
    call_command("write_people_file")
    answers = Judge.canary_answers
    monkeypatch.setattr(Judge, "canary_answers", lambda judge: [(place, True) for place, _ in answers(judge)])

    run_self_test(at=timezone.now())

    incident = Incident.objects.get()
    assert (incident.kind, incident.path) == (IncidentKind.CANARY_PASSED, "self_test bulk")
    assert is_suspended()


def test_a_self_test_that_is_missing_old_or_red_is_told() -> None:
    now = timezone.now()
    assert "no self-test was ever run" in find_self_test_fault(at=now)
    register_ads()
    run_self_test(at=now, paths=BY_ROW)

    assert find_self_test_fault(at=timezone.now()) == ""
    assert "more than a day ago" in find_self_test_fault(at=now + timedelta(hours=27))


def test_the_command_tells_what_the_last_self_test_found(settings: object, tmp_path: Path) -> None:
    settings.SNAPSHOTS = tmp_path  # type: ignore[attr-defined]
    make_world()
    with pytest.raises(CommandError, match="no self-test"):
        call_command("run_self_test", "--status")

    call_command("run_self_test")
    call_command("run_self_test", "--json")
    call_command("run_self_test", "--status")


def test_the_command_fails_when_a_canary_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    make_world()
    monkeypatch.setattr(
        "activation.enforcement.canaries.self_test.run_self_test.__kwdefaults__", {"paths": [ALLOWS_ALL]}
    )

    with pytest.raises(CommandError, match="incidents were raised"):
        call_command("run_self_test")
    with pytest.raises(CommandError, match="raised incidents"):
        call_command("run_self_test", "--status")


def test_the_scheduled_task_counts_the_incidents(settings: object, tmp_path: Path) -> None:
    settings.SNAPSHOTS = tmp_path  # type: ignore[attr-defined]
    make_world()

    assert tasks.run_self_test() == 0
