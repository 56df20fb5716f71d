"""A breach report counts everybody who was reached, lists whom can be told, and says what it cannot know."""

import json
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from activation.desk.tracing import breaches, forgetting, jobs
from activation.desk.tracing.breaches import ListNotOpen, SecondOfficerNeeded
from activation.desk.tracing.models import BreachDownload, BreachPerson, BreachReport, SealedPart
from activation.desk.tracing.reach import finding, summing, working
from activation.desk.tracing.tasks import report_breach
from activation.desk.tracing.traces import NoReasonGiven
from activation.desk.tracing.types import JobState
from activation.desk.tracing.vault import ReportDestroyed
from activation.enforcement.membership import reaching
from activation.enforcement.membership.models import Holding, Page, Segment
from activation.enforcement.models import EnforcementRun
from activation.enforcement.presence import reached
from activation.enforcement.suppression import reaching as leaving
from activation.enforcement.suppression.models import Suppression
from activation.enforcement.types import DeliveryState, RunStatus
from consent.subjects.services import erase_subject
from consent.subjects.types import IdentifierKind
from tests.breach_world import HOUR, ago, ask, carry_out, list_refs, open_report, read_list, sent_by
from tests.enforcement_world import BRITON, GERMAN, STRANGER, make_world, write_csv
from tests.ledger_world import read_entries
from tests.membership_world import hold, make_member, make_stranger
from tests.policy_officers import make_officer
from tests.simulation_world import find
from tests.suppression_world import make_suppression
from tests.tracing_world import SECRETS, link, send, take_out

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)


def forget_evidence(folder: Path) -> None:
    """Leave the tables alone to tell."""
    for path in folder.glob("*.evidence"):
        path.unlink()


def move_run(run: EnforcementRun, delay: timedelta) -> None:
    """Let the run, and what it brought, have been so long ago."""
    moved = {"started_at": run.started_at - delay, "finished_at": (run.finished_at or run.started_at) - delay}
    EnforcementRun.objects.filter(pk=run.pk).update(**moved)
    Segment.objects.filter(run_id=run.pk).update(created_at=moved["started_at"], held_at=moved["finished_at"])
    Holding.objects.update(created_at=moved["started_at"])


def test_whoever_is_held_is_counted_and_listed_as_the_output_says(tmp_path: Path) -> None:
    send(tmp_path)

    report = carry_out()

    figures = report.figures
    assert figures is not None
    assert list_refs(report) == sent_by([tmp_path / "out.csv"]) == {find(GERMAN), find(BRITON)}
    assert (figures["people"], figures["strangers"], figures["erased"]) == (2, 0, 0)
    assert figures["by_jurisdiction"] == {"DE": 1, "GB": 1}
    assert figures["by_way"] == {"held": 2, "sent": 2}
    assert figures["data_categories"] == ["contact.email"]
    assert figures["channels"][0]["people"] == 2
    assert figures["channels"][0]["purpose"] == "advertising.audience"
    assert {"kind": "mask", "field": "email", "value": "sha256", "rows": 2} in figures["obligations"]
    assert figures["run_count"] == 1
    assert figures["gaps"].pop("identifiers_of_nobody") == 2  # two numbers that nobody has told us of
    assert not any(figures["gaps"].values()), figures["gaps"]
    [german] = [line for line in read_list(report) if line["subject_ref"] == find(GERMAN)]
    assert german["identifiers"] == {"customer_id": [GERMAN], "email": ["c1@customers.example"]}
    assert (german["jurisdictions"], german["data_categories"]) == (["DE"], ["contact.email"])


@pytest.mark.parametrize("has_evidence", [True, False])
def test_whoever_was_taken_out_since_was_reached(tmp_path: Path, has_evidence: bool) -> None:
    send(tmp_path)
    take_out(GERMAN)
    if not has_evidence:
        forget_evidence(tmp_path)

    report = carry_out()

    assert list_refs(report) == {find(GERMAN), find(BRITON)}
    assert report.figures
    assert bool(report.figures["gaps"]["evidence_gone"]) is not has_evidence


def test_mutant_that_forgets_whoever_was_taken_out_since_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(tmp_path)
    take_out(GERMAN)
    forget_evidence(tmp_path)
    original = leaving._list_left
    monkeypatch.setattr(leaving, "_list_left", lambda *given: original(*given).filter(ended_at=None))

    assert list_refs(carry_out()) == {find(BRITON)}


def test_whoever_was_taken_out_before_was_not_reached(tmp_path: Path) -> None:
    move_run(send(tmp_path), 10 * HOUR)
    take_out(GERMAN, ago=5 * HOUR)
    forget_evidence(tmp_path)

    assert list_refs(carry_out()) == {find(BRITON)}
    assert list_refs(carry_out(ask(since=ago(6 * HOUR)))) == {find(BRITON), find(GERMAN)}


def test_whom_a_run_brought_after_the_period_was_not_reached(tmp_path: Path) -> None:
    move_run(send(tmp_path, "out.csv"), 10 * HOUR)
    write_csv(tmp_path, [])
    Holding.objects.update(created_at=ago(10 * HOUR))
    later = ask(since=ago(3 * HOUR), until=ago(2 * HOUR))

    assert list_refs(carry_out(later)) == {find(GERMAN), find(BRITON)}
    assert list_refs(carry_out(ask(since=ago(20 * HOUR), until=ago(11 * HOUR)))) == set()


def test_mutant_that_ignores_the_period_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    move_run(send(tmp_path), 10 * HOUR)
    EnforcementRun.objects.update(started_at=ago(HOUR), finished_at=ago(HOUR))
    before = ask(since=ago(20 * HOUR), until=ago(2 * HOUR))
    assert list_refs(carry_out(before)) == set()

    never = ago(-HOUR)
    original, runs = reaching.read_reached, reached.list_sent_runs
    monkeypatch.setattr(finding, "read_reached", lambda one, **_: original(one, until=never))

    assert list_refs(carry_out(before)) == {find(GERMAN), find(BRITON)}
    assert not runs(destination="ads", since=before.since, until=before.until)


def test_whom_only_the_evidence_knows_any_more_was_reached(tmp_path: Path) -> None:
    """A delivery that took another's place leaves no row of who was there: the first one's evidence does."""
    send(tmp_path)
    Segment.objects.all().delete()

    report = carry_out()

    assert list_refs(report) == sent_by([tmp_path / "out.csv"])
    assert report.figures
    assert report.figures["by_way"] == {"sent": 2}


def test_of_the_runs_before_the_period_the_last_of_each_audience_counts(tmp_path: Path) -> None:
    for number, name in enumerate(["out.csv", "other.csv"]):
        move_run(send(tmp_path, name), (10 + number) * HOUR)
    last = send(tmp_path, "out.csv", overwrite=True)
    EnforcementRun.objects.filter(pk=last.pk).update(started_at=ago(9 * HOUR), finished_at=ago(9 * HOUR))

    runs = reached.list_sent_runs(destination="ads", since=ago(HOUR), until=ago(HOUR / 2))

    assert [run.audience for run in runs] == ["out", "other"]
    assert runs[0].run_id == last.pk
    assert not reached.list_sent_runs(destination="other", since=ago(HOUR), until=ago(HOUR / 2))


def test_a_run_that_failed_does_not_take_the_place_of_what_was_there(tmp_path: Path) -> None:
    first = send(tmp_path, "out.csv")
    move_run(first, 10 * HOUR)
    failed = send(tmp_path, "out.csv", overwrite=True)
    EnforcementRun.objects.filter(pk=failed.pk).update(
        started_at=ago(9 * HOUR),
        finished_at=ago(9 * HOUR),
        status=RunStatus.FAILED,
        delivery=DeliveryState.SENDING,
    )

    runs = reached.list_sent_runs(destination="ads", since=ago(HOUR), until=ago(HOUR / 2))

    assert [run.run_id for run in runs] == [failed.pk, first.pk]


def test_the_erased_are_counted_and_in_no_list(tmp_path: Path) -> None:
    send(tmp_path)
    ref = find(GERMAN)
    erase_subject(ref=ref, requested_by="request 1", at=timezone.now())

    report = carry_out()

    assert report.figures
    assert (report.figures["people"], report.figures["erased"]) == (1, 1)
    assert list_refs(report) == {find(BRITON)}
    assert report.figures["gaps"]["identifiers_of_nobody"] > 0


def test_mutant_that_lists_the_erased_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    send(tmp_path)
    ref = find(GERMAN)
    erase_subject(ref=ref, requested_by="request 1", at=timezone.now())
    monkeypatch.setattr(summing, "_living", lambda people: [ref for one in people for ref in one.asked])

    assert ref in list_refs(carry_out())


def test_whoever_is_linked_is_one_person_by_all_identifiers(tmp_path: Path) -> None:
    send(tmp_path)
    link(GERMAN, BRITON)

    report = carry_out()

    [line] = read_list(report)
    assert report.figures
    assert (report.figures["people"], report.figures["by_way"]["held"]) == (1, 1)
    assert set(line["identifiers"]["customer_id"]) == {GERMAN, BRITON}
    assert set(line["jurisdictions"]) == {"DE", "GB"}


def test_strangers_are_listed_once_by_what_the_destination_was_told_unless_they_became_known() -> None:
    stranger = make_stranger((IdentifierKind.EMAIL, "who@elsewhere.example"))
    hold(stranger, make_stranger((IdentifierKind.CUSTOMER_ID, GERMAN)))
    hold(stranger, audience="other")

    report = carry_out()

    assert report.figures
    assert (report.figures["people"], report.figures["strangers"]) == (1, 1)
    told = {line["subject_ref"]: line["identifiers"] for line in read_list(report)}
    assert told[None] == {"email": ["who@elsewhere.example"]}
    assert set(told) == {None, find(GERMAN)}


def test_a_member_of_whom_nothing_is_on_record_is_listed_by_reference_alone() -> None:
    hold(make_member("f" * 32))

    report = carry_out()

    assert report.figures
    assert report.figures["people"] + report.figures["strangers"] >= 0
    assert not report.figures["gaps"]["pages_unreadable"]


def test_what_does_not_open_is_named_as_a_gap(tmp_path: Path) -> None:
    one = send(tmp_path)
    Page.objects.update(sealed=b"x" * 64)
    path = Path(f"{one.output}.evidence")
    path.write_bytes(path.read_bytes()[:-1])

    report = carry_out()

    assert report.figures
    assert report.figures["gaps"]["pages_unreadable"] == 1
    assert report.figures["gaps"]["evidence_unreadable"] == [str(one.pk)]
    assert read_list(report) == []


def test_nothing_personal_is_in_rows_figures_audit_or_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    send(tmp_path)

    report = carry_out()

    told = [one.envelope for one in read_entries() if one.kind.startswith("breach_")]
    rows = json.dumps(list(BreachReport.objects.values("figures", "reason", "name", "label", "error")))
    in_clear = rows + b"".join(told).decode() + caplog.text
    sealed = b"".join(bytes(one) for one in SealedPart.objects.values_list("content", flat=True))
    assert told
    assert not [secret for secret in (*SECRETS, find(GERMAN)) if secret in in_clear]
    assert b"customers.example" not in sealed
    assert not BreachPerson.objects.exists()
    assert report.parts == 1


def test_two_officers_open_the_list_and_each_download_is_on_record(tmp_path: Path) -> None:
    send(tmp_path)
    report = carry_out()
    first, second, third = (make_officer(name).pk for name in ("first", "second", "third"))
    now = timezone.now()

    def download(officer: int) -> list[bytes]:
        return list(breaches.open_list(report_id=report.pk, officer_id=officer, at=now))

    with pytest.raises(ListNotOpen):
        download(first)
    with pytest.raises(ListNotOpen):
        breaches.approve_list(report_id=report.pk, asked_by=None, officer_id=second, at=now)
    breaches.ask_for_list(report_id=report.pk, officer_id=first, at=now)
    with pytest.raises(ListNotOpen):
        download(first)
    with pytest.raises(SecondOfficerNeeded):
        breaches.approve_list(report_id=report.pk, asked_by=first, officer_id=first, at=now)
    with pytest.raises(ListNotOpen):  # the second officer's page named somebody else
        breaches.approve_list(report_id=report.pk, asked_by=third, officer_id=second, at=now)
    breaches.approve_list(report_id=report.pk, asked_by=first, officer_id=second, at=now)
    for other in (second, third):
        with pytest.raises(ListNotOpen):
            download(other)

    assert len(b"".join(download(first)).splitlines()) == 2
    assert BreachDownload.objects.get().officer_id == first
    kinds = [one.kind for one in read_entries() if one.kind.startswith("breach_list")]
    assert kinds == ["breach_list_asked_for", "breach_list_approved", "breach_list_downloaded"]

    breaches.ask_for_list(report_id=report.pk, officer_id=third, at=now)
    with pytest.raises(ListNotOpen):
        download(first)
    with pytest.raises(IntegrityError), transaction.atomic():
        BreachReport.objects.update(opening_approved_by=third)


def test_the_list_is_destroyed_at_its_time_or_before_and_the_figures_stay(tmp_path: Path) -> None:
    send(tmp_path)
    report, other = carry_out(), carry_out()
    now = timezone.now()
    breaches.destroy_list(report_id=other.pk, officer_id=make_officer("first").pk, at=now)

    assert forgetting.forget_reports(at=now) == 0
    assert forgetting.forget_reports(at=now + timedelta(days=31)) == 1

    assert not SealedPart.objects.exists()
    assert BreachReport.objects.filter(figures__people=2, kek_version=0).count() == 2
    for one in (report, other):
        with pytest.raises(ReportDestroyed):
            breaches.ask_for_list(report_id=one.pk, officer_id=make_officer("first").pk, at=now)


def test_a_list_past_its_time_is_not_handed_out_though_nobody_destroyed_it_yet(tmp_path: Path) -> None:
    send(tmp_path)
    report = carry_out()
    first, second = (make_officer(name).pk for name in ("first", "second"))
    now = timezone.now()
    breaches.ask_for_list(report_id=report.pk, officer_id=first, at=now)
    breaches.approve_list(report_id=report.pk, asked_by=first, officer_id=second, at=now)

    with pytest.raises(ReportDestroyed):
        breaches.open_list(report_id=report.pk, officer_id=first, at=report.expires_at)

    assert not BreachDownload.objects.exists()


def test_what_a_process_that_was_killed_left_is_cleared_away() -> None:
    report = open_report()
    BreachPerson.objects.create(report=report, subject_ref="somebody", channel=0, way="held")
    BreachReport.objects.update(status=JobState.RUNNING)
    assert forgetting.forget_reports(at=timezone.now()) == 0
    assert BreachPerson.objects.exists()

    jobs.close_dead(BreachReport)
    forgetting.forget_reports(at=timezone.now())

    assert not BreachPerson.objects.exists()


def test_a_report_that_is_stopped_leaves_no_people_behind_and_can_be_worked_out_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(tmp_path)
    report = open_report()
    officer = report.officer_id
    original = working.Progress.add
    done: list[Any] = []

    def stop(progress: Any, more: int) -> None:
        if not done:
            done.append(jobs.cancel(report, officer_id=officer, at=timezone.now()))
        original(progress, more)

    monkeypatch.setattr(working.Progress, "add", stop)
    assert report_breach(report_id=str(report.pk)) == 1
    report.refresh_from_db()
    assert (report.status, report.figures) == (JobState.CANCELLED, None)
    assert not BreachPerson.objects.exists()

    breaches.work_out_again(report_id=report.pk, officer_id=officer, at=timezone.now())
    assert report_breach() == 1
    report.refresh_from_db()
    assert report.status == JobState.COMPLETED
    assert list_refs(report) == {find(GERMAN), find(BRITON)}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"since": ago(-HOUR)}, breaches.MalformedBreach),
        ({"until": ago(-HOUR)}, breaches.MalformedBreach),
        ({"name": "nowhere"}, breaches.DestinationUnknown),
    ],
)
def test_a_breach_of_nothing_or_at_no_time_is_refused(changes: Any, error: Any) -> None:
    with pytest.raises(error):
        open_report(ask(**changes))
    with pytest.raises(breaches.MalformedBreach):
        open_report(known_at=ago(2 * HOUR))
    with pytest.raises(NoReasonGiven):
        open_report(reason="of alice@customers.example")

    assert not BreachReport.objects.exists()


def test_suppressions_that_wait_count_as_held(tmp_path: Path) -> None:
    send(tmp_path)
    make_suppression(Holding.objects.get(), find(GERMAN))
    stranger: dict[str, Any] = {"subject_ref": "", "identifiers": {IdentifierKind.CUSTOMER_ID: (STRANGER,)}}
    make_suppression(Holding.objects.get(), **stranger)
    gone: dict[str, Any] = {"sealed": b"", "state": "acknowledged", "ended_at": timezone.now()}
    make_suppression(Holding.objects.get(), **{**stranger, **gone})

    report = carry_out()

    assert report.figures
    assert report.figures["by_way"]["taken_out"] == 1
    assert (report.figures["people"], report.figures["strangers"]) == (2, 1)
    assert report.figures["gaps"]["strangers_wiped"] == 1
    assert Suppression.objects.count() == 3
