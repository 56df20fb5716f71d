"""A trace finds every run and destination that had a person's data, and is on record itself."""

import json
import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from activation.desk.tracing import forgetting, jobs, persons, traces, vault
from activation.desk.tracing.held import locate
from activation.desk.tracing.lines import to_csv, to_json
from activation.desk.tracing.models import SealedPart, TraceReport
from activation.desk.tracing.persons import SubjectUnknown, find_person
from activation.desk.tracing.tasks import forget_reports, trace
from activation.desk.tracing.types import JobState, Person
from activation.desk.tracing.vault import ReportDestroyed, ReportUnreadable
from activation.enforcement.membership.models import Holding
from activation.enforcement.presence import looking, queries
from activation.enforcement.presence.types import Trust
from activation.enforcement.suppression.clocks import WaitsFor
from consent.kernel.errors import AccordantError
from consent.subjects.rules import MalformedIdentifier, normalise
from consent.subjects.services import erase_subject
from consent.subjects.types import Identifier, IdentifierKind, SubjectRef
from consent.verifier.manifests import lookup
from consent.verifier.manifests.evidence import read_start
from consent.verifier.manifests.lookup import Found, Lookup
from tests.enforcement_world import BRITON, GERMAN, REFUSED, STRANGER, WITHDRAWN, make_world, write_csv
from tests.ledger_world import read_entries
from tests.membership_world import hold, make_stranger
from tests.simulation_world import find
from tests.suppression_world import make_suppression
from tests.tracing_world import (
    REASON,
    SECRETS,
    begin,
    by_the_whole,
    link,
    list_runs,
    number,
    send,
    take_out,
    trace_whole,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)


def find_by(customer: str) -> Person:
    return find_person(identifier=number(customer), at=timezone.now())


def test_a_trace_says_of_every_run_what_its_whole_evidence_says(tmp_path: Path) -> None:
    for name in ("out1.csv", "out2.csv"):
        send(tmp_path, name)

    for customer in (GERMAN, BRITON, WITHDRAWN, REFUSED):
        assert list_runs(trace_whole(begin(number(customer)))) == by_the_whole([find(customer)])
    stranger = normalise(number(STRANGER))
    assert list_runs(trace_whole(begin(number(STRANGER)))) == by_the_whole([], [stranger])


def check_linked_are_found(tmp_path: Path) -> None:
    """Whoever is linked is one person: what the other's identifiers met counts, by either's."""
    send(tmp_path)
    link(GERMAN, REFUSED)
    both = [find(GERMAN), find(REFUSED)]

    for customer in (GERMAN, REFUSED):
        found = list_runs(trace_whole(begin(number(customer))))
        assert found == by_the_whole(both)
        assert [one[1] for one in found.values()] != [frozenset()]


def test_whoever_is_linked_is_looked_up_too(tmp_path: Path) -> None:
    check_linked_are_found(tmp_path)


def test_mutant_that_forgets_linked_subjects_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def only_asked(group: Any, *, scope: Any, at: Any) -> Any:
        return {min(scope): replace(group, asked=frozenset(scope))}

    monkeypatch.setattr(persons, "split", only_asked)

    with pytest.raises(AssertionError):
        check_linked_are_found(tmp_path)


def check_denied_are_found() -> None:
    [(presence, reasons)] = list_runs(trace_whole(begin(number(WITHDRAWN)))).values()
    assert (presence, reasons) == ("denied", frozenset({"withdrawn"}))


def test_mutant_that_forgets_whoever_was_denied_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(tmp_path)
    check_denied_are_found()
    original = Lookup.find
    monkeypatch.setattr(Lookup, "find", lambda *given: Found(original(*given).allowed, frozenset(), False))

    with pytest.raises(AssertionError):
        check_denied_are_found()


def check_broken_evidence_says_nothing() -> None:
    [(presence, _)] = list_runs(trace_whole(begin(number("99999")))).values()
    assert presence == "unreadable"


def test_mutant_that_takes_broken_evidence_for_absence_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(f"{send(tmp_path).output}.evidence")
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    check_broken_evidence_says_nothing()
    monkeypatch.setattr(looking, "_trust", lambda *_, **__: Trust.GLANCED)
    monkeypatch.setattr(lookup, "read_start", lambda start, **_: read_start(start, size=len(content)))

    with pytest.raises(AssertionError):
        check_broken_evidence_says_nothing()


def test_earlier_addresses_are_looked_up_as_long_as_they_are_on_record(tmp_path: Path) -> None:
    send(tmp_path)

    person = find_by(GERMAN)

    assert {one.kind for one in person.identifiers} == {IdentifierKind.CUSTOMER_ID, IdentifierKind.EMAIL}
    by_address = Identifier(IdentifierKind.EMAIL, "C1@Customers.example ")
    assert find_person(identifier=by_address, at=timezone.now()).refs == person.refs
    assert find_person(ref=person.refs[0], at=timezone.now()).refs == person.refs


def test_an_erased_person_is_found_by_what_is_asked_for_alone_and_the_page_is_told_so(tmp_path: Path) -> None:
    send(tmp_path)
    ref = find(GERMAN)
    erase_subject(ref=ref, requested_by="request 1", at=timezone.now())

    person = find_by(GERMAN)

    assert person.refs == person.erased == (ref,)
    assert [one[0] for one in list_runs(trace_whole(begin(number(GERMAN)))).values()] == ["received"]
    assert [one[0] for one in list_runs(trace_whole(begin(ref=ref))).values()] == ["absent"]


def test_where_the_person_is_held_and_was_taken_out_is_told_with_its_clock(tmp_path: Path) -> None:
    send(tmp_path)
    [held] = locate(find_by(GERMAN)).held
    assert (held.holding.destination, held.holding.audience, held.is_sending) == ("ads", "out", False)
    assert not locate(find_by(WITHDRAWN)).held

    take_out(GERMAN, ago=timedelta(hours=2))
    waiting = make_suppression(Holding.objects.get(), find(GERMAN), recorded_at=timezone.now())
    where = locate(find_by(GERMAN))

    assert not where.held
    latest, first = where.taken_out
    assert first.ended_at is not None
    assert (latest.waits_for, latest.is_overdue) == (WaitsFor.NOT_CONNECTED, False)
    assert latest.recorded_at == waiting.recorded_at


def test_whoever_is_held_as_a_stranger_is_found_by_their_identifier() -> None:
    hold(make_stranger((IdentifierKind.CUSTOMER_ID, STRANGER)))

    [held] = locate(find_by(STRANGER)).held

    assert held.holding.destination == "ads"
    assert not locate(find_by("99999")).held


def test_every_trace_is_on_record_by_who_when_and_why_and_not_by_whom(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    send(tmp_path)
    caplog.set_level(logging.DEBUG)

    report = begin(number(GERMAN))
    trace_whole(report)

    told = [one for one in read_entries() if one.kind.startswith(("subject_traced", "trace_"))]
    assert [one.kind for one in told] == ["subject_traced", "trace_of_all_runs", "trace_downloaded"]
    body = json.loads(told[0].envelope)["body"]
    assert (body["officer"], body["reason"], body["access"]) == (report.officer_id, REASON, "request")
    in_clear = b"".join(one.envelope for one in told).decode() + caplog.text
    in_clear += json.dumps(list(TraceReport.objects.values("reason", "figures", "error", "access")))
    in_clear += "".join(bytes(one).hex() for one in SealedPart.objects.values_list("content", flat=True))
    assert not [secret for secret in (*SECRETS, find(GERMAN)) if secret in in_clear]


@pytest.mark.parametrize(
    "reason", ["", " " * 5, "x" * 201, "asked by alice@customers.example", f"customer {GERMAN} asked"]
)
def test_a_trace_without_a_reason_or_with_one_that_names_somebody_is_refused(reason: str) -> None:
    with pytest.raises(traces.NoReasonGiven):
        begin(number(GERMAN), reason=reason)

    assert not TraceReport.objects.exists()
    assert not SealedPart.objects.exists()


def test_nobody_can_be_traced_by_what_is_no_identifier_or_no_reference() -> None:
    with pytest.raises(MalformedIdentifier):
        begin(Identifier(IdentifierKind.EMAIL, "no address"))
    with pytest.raises(SubjectUnknown):
        begin(ref=SubjectRef("nobody"))

    assert not TraceReport.objects.exists()


def test_what_was_found_can_be_read_by_the_asker_alone_and_not_after_its_time(tmp_path: Path) -> None:
    send(tmp_path)
    report = begin(number(GERMAN))
    trace_whole(report)
    with pytest.raises(traces.NotTheAsker):
        traces.get_trace(report.pk, officer_id=report.officer_id + 1)

    assert forget_reports() == 0
    assert forgetting.forget_reports(at=timezone.now() + timedelta(days=8)) == 1

    report.refresh_from_db()
    assert not SealedPart.objects.exists()
    assert (report.reason, report.kek_version, bytes(report.wrapped)) == (REASON, 0, b"")
    for step in (
        lambda: traces.find_traced(report, at=timezone.now()),
        lambda: traces.ask_for_all(report, at=timezone.now()),
        lambda: list(traces.open_result(report, at=timezone.now())),
    ):
        with pytest.raises(ReportDestroyed):
            step()
    assert forgetting.forget_reports(at=timezone.now() + timedelta(days=1200)) == 1
    assert not TraceReport.objects.exists()


def test_a_sealed_part_that_was_changed_moved_or_taken_away_does_not_open(tmp_path: Path) -> None:
    send(tmp_path)
    report, other = begin(number(GERMAN)), begin(number(BRITON))
    trace_whole(report)
    part = SealedPart.objects.get(report_id=report.pk, number=1)
    content = bytes(part.content)

    def fails() -> None:
        with pytest.raises(ReportUnreadable):
            list(vault.read_result(report))

    SealedPart.objects.filter(pk=part.pk).update(content=content[:-1] + bytes([content[-1] ^ 1]))
    fails()
    question = SealedPart.objects.get(report_id=report.pk, number=0)
    SealedPart.objects.filter(pk=part.pk).update(content=question.content)
    fails()
    SealedPart.objects.filter(pk=part.pk).update(number=2)
    fails()
    with pytest.raises(AccordantError):
        vault.read_part(other, vault.open_key(report), 0)


def test_what_was_found_opens_after_the_master_key_was_changed_and_taken_away(
    tmp_path: Path, settings: Any
) -> None:
    send(tmp_path)
    report, gone = begin(number(GERMAN)), begin(number(BRITON))
    vault.destroy(gone)
    found = trace_whole(report)
    settings.MASTER_KEYS = {**settings.MASTER_KEYS, 2: b"\x22" * 32}

    assert forgetting.rewrap_reports() == 1
    assert forgetting.rewrap_reports() == 0

    settings.MASTER_KEYS = {2: b"\x22" * 32}
    report.refresh_from_db()
    parts = b"".join(vault.read_result(report))
    assert [json.loads(line) for line in parts.splitlines()] == found


def test_a_trace_is_carried_out_once_and_one_that_was_stopped_has_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(tmp_path)
    report = begin(number(GERMAN))
    assert trace(report_id=str(report.pk)) == 0
    traces.ask_for_all(report, at=timezone.now())
    traces.ask_for_all(report, at=timezone.now())
    assert trace() == 1
    assert trace() == 0

    traces.ask_for_all(report, at=timezone.now())
    original = queries.count_runs

    def stop(wanted: Any) -> int:
        assert jobs.cancel(report, officer_id=report.officer_id, at=timezone.now())
        return original(wanted)

    monkeypatch.setattr(traces, "count_runs", stop)
    assert trace() == 1

    report.refresh_from_db()
    assert (report.status, report.parts, report.figures) == (JobState.CANCELLED, 0, None)
    assert not jobs.cancel(report, officer_id=report.officer_id, at=timezone.now())


def test_a_trace_that_fails_says_so_and_names_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    send(tmp_path)
    report = begin(number(GERMAN))
    traces.ask_for_all(report, at=timezone.now())

    def fail(*_: object) -> None:
        raise ValueError(GERMAN)

    monkeypatch.setattr(traces, "locate", fail)
    with pytest.raises(ValueError, match=GERMAN):
        traces.run_trace(report_id=report.pk, at=timezone.now())

    report.refresh_from_db()
    assert (report.status, report.error) == (JobState.FAILED, "ValueError")


def test_a_trace_whose_process_died_is_found(tmp_path: Path) -> None:
    report = begin(number(GERMAN))
    TraceReport.objects.update(status=JobState.RUNNING)

    jobs.close_dead(TraceReport)

    report.refresh_from_db()
    assert report.status == JobState.ABANDONED
    assert "ask for it again" in report.error


def test_what_was_found_is_handed_out_as_csv_and_json(tmp_path: Path) -> None:
    send(tmp_path)
    report = begin(number(WITHDRAWN))
    trace_whole(report)
    lines = list(traces.open_result(report, at=timezone.now()))

    head, *rows = "".join(to_csv(lines)).splitlines()
    assert head.startswith("what,at,destination")
    assert any("denied,withdrawn,whole" in row for row in rows)
    assert json.loads("".join(to_json(lines))) == list(map(json.loads, lines))
    assert json.loads("".join(to_json([]))) == []
