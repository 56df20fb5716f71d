"""Officers see how far what was sent is from what may be: now, under a policy to come, by time alone."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from activation.enforcement.audience.identifiers import find_identifier_columns, read_identifiers
from activation.enforcement.audience.reading import open_audience
from activation.enforcement.models import EnforcementRun
from activation.enforcement.standing import services
from activation.enforcement.standing.drift import measuring, watching
from activation.enforcement.standing.drift.evidence import files_of
from activation.enforcement.standing.drift.outlooks import Moment, Policies, list_moments
from activation.enforcement.standing.models import DriftReport, RunOrder
from activation.enforcement.standing.tasks import measure_queued, run_queued
from activation.enforcement.standing.types import OrderSource, Rerun, WorkStatus
from consent.policies.document.reading import read_yaml
from consent.subjects.types import Identifier
from consent.verifier.manifests.evidence import Evidence, read_evidence
from consent.verifier.manifests.membership import hash_member
from tests.enforcement_world import (
    AUDIENCE,
    BRITON,
    GERMAN,
    POLICY,
    REFUSED,
    STRANGER,
    make_world,
    write_csv,
)
from tests.ledger_world import sequence_all
from tests.policy_documents import spoil
from tests.standing_world import (
    approve_next,
    choose,
    define,
    folders,
    get,
    measure,
    outlooks,
    publish_next,
    run_once,
)

pytestmark = pytest.mark.usefixtures("committed_database", "audiences")
NOBODY_TO_ADS = spoil(
    spoil(read_yaml(POLICY), "rules", 0, "transfer_countries", value=["GB"]),
    "rules",
    1,
    "transfer_countries",
    value=["GB"],
)
"""The policy in force, but nobody may go to the destination's country any more."""
TEN_DAYS = spoil(
    spoil(read_yaml(POLICY), "rules", 0, "validity", value="P10D"), "rules", 1, "validity", value="P10D"
)
"""The policy in force, but a consent holds ten days."""


@pytest.fixture
def audiences(tmp_path: Path, committed_database: str) -> Iterator[Path]:
    make_world()
    with folders(tmp_path) as folder:
        yield folder


def read(order: RunOrder) -> Evidence:
    """Return the evidence of the order's run."""
    run = EnforcementRun.objects.get(pk=str(order.run_id))
    return read_evidence(files_of(run).evidence.read_bytes())


def list_identifiers(path: Path) -> set[Identifier]:
    """Return every identifier in the list."""
    audience = open_audience(path)
    columns = find_identifier_columns(audience.schema)
    return {
        one
        for batch in audience.batches()
        for person in read_identifiers(batch, columns)
        for one in person or ()
    }


def test_drift_equals_what_another_run_shows_identifier_by_identifier(audiences: Path) -> None:
    define(rerun=Rerun.NEVER)
    before = list_identifiers(audiences / "audience.csv")
    first = run_once()
    choose(GERMAN, "withdrawn")
    choose(REFUSED, "granted")
    choose("00006", "granted")
    rows = [row for row in AUDIENCE if row["customer_id"] != BRITON]
    write_csv(audiences, [*rows, {"customer_id": "00006", "email": "", "phone": "", "spent": ""}])

    report = measure()

    now, then = read(run_once()), read(first)
    after = list_identifiers(audiences / "audience.csv")
    sent = {one for one in before if hash_member(then.run_key, one) in then.allowed}
    denied = {one for one in before - sent if hash_member(then.run_key, one) in then.denied}
    would_leave = {one for one in after if hash_member(now.run_key, one) in now.allowed}
    figures = outlooks(report)["now"]
    assert report.run_id == first.run_id
    assert (report.sent, report.left_the_list) == (len(sent), len(sent - after)) == (6, 3)
    assert figures["wrong"] == report.wrong == len(sent & after - would_leave) == 3
    assert figures["wrong_by_reason"] == {"withdrawn": 3}
    assert figures["regained"] == len(denied & would_leave) == 2
    assert figures["new"] == len(would_leave - sent - denied) == 1
    assert (figures["rows_allowed"], figures["rows_denied"]) == (2, 5)


def see_before_the_policy_takes_effect() -> dict[str, Any]:
    """Return what is told of a policy that takes effect in ten days, and gives the destination nobody."""
    define(rerun=Rerun.NEVER)
    run_once()
    in_ten_days = timezone.now() + timedelta(days=10)
    publish_next(NOBODY_TO_ADS, effective_at=in_ten_days)
    report = measure()
    assert outlooks(report)["now"]["wrong"] == report.wrong == 0
    told = outlooks(report)["policy"]
    assert told["at"] == in_ten_days.isoformat()
    return told


def test_what_a_policy_will_do_is_seen_before_it_takes_effect() -> None:
    told = see_before_the_policy_takes_effect()

    assert (told["wrong"], told["policy_version"]) == (6, 2)
    assert told["wrong_by_reason"] == {"transfer_not_permitted": 6}


def test_drift_that_ignores_the_policy_to_come_would_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def ignore(policies: Policies, *, at: datetime, ahead: timedelta) -> list[Moment]:
        moments = list_moments(policies, at=at, ahead=ahead)
        for_ever = replace(moments[0].policy, in_force_until=None)
        return [replace(one, policy=for_ever) for one in moments]

    monkeypatch.setattr(measuring, "list_moments", ignore)

    assert see_before_the_policy_takes_effect()["wrong"] == 0


def test_what_an_approved_policy_would_do_is_seen_before_it_is_published() -> None:
    define(rerun=Rerun.NEVER)
    run_once()
    approve_next(NOBODY_TO_ADS)
    assert len(services.check_standing(at=timezone.now())) == 1

    report = measure()

    assert outlooks(report)["approved"]["wrong_by_reason"] == {"transfer_not_permitted": 6}
    assert outlooks(report)["now"]["wrong"] == outlooks(report)["later"]["wrong"] == 0
    assert not services.check_standing(at=timezone.now())


def test_what_time_alone_does_is_seen_ahead() -> None:
    define(rerun=Rerun.NEVER)
    publish_next(TEN_DAYS, effective_at=timezone.now())
    choose(GERMAN, "granted")
    choose(BRITON, "refused")
    run_once()

    report = measure()

    assert outlooks(report)["now"]["wrong"] == 0
    assert outlooks(report)["later"]["wrong_by_reason"] == {"expired": 3}
    with override_settings(DRIFT_OUTLOOK=timedelta(days=5)):
        assert outlooks(measure())["later"]["wrong"] == 0


@pytest.mark.parametrize("which", ["evidence", "manifest"])
@pytest.mark.parametrize("how", ["gone", "changed"])
def test_evidence_that_is_not_the_runs_own_is_not_believed(which: str, how: str) -> None:
    define()
    done = run_once()
    run = EnforcementRun.objects.get(pk=str(done.run_id))
    path: Path = getattr(files_of(run), which)
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-2])

    report_id = services.ask_for_measuring(slug="customers")
    services.measure(report_id=report_id, at=timezone.now())

    failed = DriftReport.objects.get(pk=report_id)
    assert (failed.status, failed.outlooks) == (WorkStatus.FAILED, [])
    assert "run the audience again" in failed.error
    assert not services.check_standing(at=timezone.now() + timedelta(minutes=59))


def test_before_the_first_run_there_is_nothing_to_measure() -> None:
    define()

    with pytest.raises(services.DriftNotMeasurable):
        services.ask_for_measuring(slug="customers")
    assert not services.check_standing(at=timezone.now())


def test_a_policy_that_changes_is_looked_at_at_once_and_each_only_once() -> None:
    define()
    run_once()
    assert not services.check_standing(at=timezone.now())

    publish_next(NOBODY_TO_ADS, effective_at=timezone.now() + timedelta(days=10))

    assert len(services.check_standing(at=timezone.now())) == 1
    assert not services.check_standing(at=timezone.now())
    assert measure_queued() == 1
    assert not services.check_standing(at=timezone.now())
    assert len(services.check_standing(at=timezone.now() + timedelta(days=10, minutes=1))) == 1


def test_a_ledger_that_grew_is_looked_at_when_the_interval_is_over() -> None:
    define()
    run_once()
    choose(REFUSED, "refused")
    sequence_all()

    assert not services.check_standing(at=timezone.now() + timedelta(minutes=59))
    assert len(services.check_standing(at=timezone.now() + timedelta(minutes=61))) == 1


def test_figures_never_grow_older_than_a_day_and_the_end_of_an_allow_is_looked_at() -> None:
    define()
    done = run_once()
    at = timezone.now()
    assert not services.check_standing(at=at + timedelta(hours=12))
    RunOrder.objects.filter(pk=done.pk).update(not_after=at + timedelta(hours=11))
    assert len(services.check_standing(at=at + timedelta(hours=12))) == 1
    DriftReport.objects.all().delete()
    RunOrder.objects.filter(pk=done.pk).update(not_after=None)

    assert len(services.check_standing(at=at + watching.OLDEST)) == 1


def test_an_audience_that_went_wrong_is_run_again_and_is_right_then() -> None:
    define()
    first = run_once()
    choose(GERMAN, "withdrawn")
    services.ask_for_measuring(slug="customers")

    assert measure_queued() == 1

    report = DriftReport.objects.get()
    assert report.rerun_order_id is not None
    assert (get(report.rerun_order_id).source, report.wrong) == (OrderSource.DRIFT, 3)
    assert run_queued() == 1
    assert get(report.rerun_order_id).run_id != first.run_id
    assert measure().wrong == 0
    assert not RunOrder.objects.unfinished().exists()


@pytest.mark.parametrize(
    ("rerun", "customer", "choice", "expected"),
    [
        (Rerun.WHEN_WRONG, REFUSED, "granted", 0),
        (Rerun.ALWAYS, REFUSED, "granted", 1),
        (Rerun.ALWAYS, STRANGER, "refused", 0),
        (Rerun.NEVER, GERMAN, "withdrawn", 0),
    ],
)
def test_when_an_audience_is_run_again_is_as_its_definition_says(
    rerun: Rerun, customer: str, choice: str, expected: int
) -> None:
    define(rerun=rerun)
    run_once()
    choose(customer, choice)

    measure()

    assert RunOrder.objects.unfinished().count() == expected


def test_a_paused_audience_is_measured_when_asked_and_not_run_again() -> None:
    define()
    run_once()
    choose(GERMAN, "withdrawn")
    services.pause_audience(slug="customers", changed_by="officer 1", at=timezone.now())

    assert not services.check_standing(at=timezone.now() + timedelta(days=2))
    assert measure().wrong == 3
    assert not RunOrder.objects.unfinished().exists()


def test_a_measuring_left_by_a_dead_worker_is_taken_up_again() -> None:
    define()
    run_once()
    report_id = services.ask_for_measuring(slug="customers")
    DriftReport.objects.filter(pk=report_id).update(status=WorkStatus.RUNNING, attempt=1)

    assert measure_queued() == 1

    report = DriftReport.objects.get(pk=report_id)
    assert (report.status, report.attempt, report.rows_done) == (WorkStatus.COMPLETED, 2, 7)
