"""An officer invalidates what a form or a notice version collected: counted, audited, each grant once."""

import json
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from activation.checks.queries import check
from activation.decisions.reasons import Reason
from activation.decisions.types import Question
from activation.destinations.services import register_destination
from activation.destinations.types import DestinationKind
from consent.ledger import queries as ledger
from consent.records import queries, services, tasks
from consent.records.models import ConsentRecord, CurrentChoice, InvalidationRun
from consent.records.types import Choice, Collected
from consent.subjects.types import SubjectRef
from tests.ledger_world import read_entries
from tests.records_world import JAN_1, JUNE_1, make_choice, make_new_row, publish_policy, record_all

pytestmark = pytest.mark.django_db

CHECKOUT = Collected(form="checkout-2026")
WHY = "the box was ticked beforehand"


def collect(*people: str, **changes: Any) -> list[str]:
    """Record a grant of each of `people`, collected by the checkout form, and return the records' ids."""
    rows = [make_new_row(person, choices=[make_choice(**changes)], facts=[]) for person in people]
    recorded = record_all(*rows)
    return [record_id for one in recorded for record_id in one.record_ids]


def start(criteria: Collected = CHECKOUT, *, expected: int) -> int:
    return services.start_invalidation(
        criteria=criteria, officer_id=None, reason=WHY, expected_count=expected, at=JUNE_1
    )


def finish(run_id: int, *, batch: int = 2) -> int:
    """Continue until the run is finished and return how many grants it invalidated."""
    progress = services.continue_invalidation(run_id=run_id, at=JUNE_1, batch=batch)
    while not progress.finished:
        progress = services.continue_invalidation(run_id=run_id, at=JUNE_1, batch=batch)
    return progress.done


def invalidated() -> list[str]:
    """Return what officers' records refer to, each as often as one does."""
    rows = ConsentRecord.objects.filter(choice=Choice.INVALIDATED).order_by("refers_to")
    return list(rows.values_list("refers_to", flat=True))


def test_every_grant_of_the_form_is_invalidated_once_and_told_to_the_ledger() -> None:
    grants = collect("1", "2", "3", "1", "2")
    collect("4", form="newsletter")
    collect("5", choice="refused")

    run = start(expected=services.count_collected(CHECKOUT))
    done = finish(run)

    assert done == 5
    assert invalidated() == sorted(grants)
    told = [entry for entry in read_entries() if b'"invalidated"' in entry.envelope]
    assert sorted(json.loads(entry.envelope)["body"]["refers_to"] for entry in told) == sorted(grants)
    [started, finished] = [entry for entry in read_entries() if entry.kind.startswith("invalidation_")]
    assert (started.kind, finished.kind) == ("invalidation_started", "invalidation_finished")
    assert json.loads(started.envelope)["body"]["counted"] == 5
    assert json.loads(started.envelope)["body"]["reason"] == WHY
    assert json.loads(finished.envelope)["body"]["done"] == 5
    assert services.count_collected(CHECKOUT) == 0


def test_versions_count_on_and_the_choices_in_force_follow() -> None:
    collect("1", "1")
    collect("2")

    finish(start(expected=3))

    assert set(CurrentChoice.objects.values_list("choice", flat=True)) == {Choice.INVALIDATED}
    for record in ConsentRecord.objects.filter(choice=Choice.INVALIDATED):
        grant = ConsentRecord.objects.get(pk=record.refers_to)
        assert (record.subject_id, record.purpose, record.controller) == (
            grant.subject_id,
            grant.purpose,
            grant.controller,
        )
    call_command("rebuild_choices", check=True)


def test_a_no_before_an_invalidated_grant_stands_again() -> None:
    collect("1", choice="withdrawn", effective_at="2026-01-04T10:00:00Z")
    [ref] = map(SubjectRef, ConsentRecord.objects.values_list("subject", flat=True))
    row = make_new_row("1", facts=[])
    in_time = replace(row.choices[0], effective_at=ledger.get_time())
    services.record_rows(rows=[replace(row, choices=(in_time,))], source="test", at=JUNE_1)
    assert CurrentChoice.objects.get().choice == Choice.GRANTED

    finish(start(expected=1))

    assert CurrentChoice.objects.get().choice == Choice.WITHDRAWN
    [records] = queries.list_records(refs=[ref]).values()
    assert [record.choice for record in records] == [Choice.WITHDRAWN, Choice.GRANTED, Choice.INVALIDATED]


def test_a_check_denies_what_was_invalidated() -> None:
    publish_policy()
    register_destination(
        slug="mailer", kind=DestinationKind.CX_TOOL, title="Mailer", registered_by="officer", at=JAN_1
    )
    row = make_new_row("1")
    services.record_rows(rows=[row], source="test", at=JUNE_1)
    question = Question(purpose="marketing.email", destination="mailer", controller="acme")

    def reason() -> Reason:
        at = ledger.get_time()
        return check(identifiers=row.identifiers, question=question, at=at).reason

    assert reason() is Reason.GRANTED

    finish(start(expected=1))

    assert reason() is Reason.INVALIDATED


MATCHES: dict[str, tuple[Collected, int]] = {
    "a form": (Collected(form="checkout-2026"), 3),
    "a notice's version": (Collected(notice="privacy", notice_version=1), 4),
    "another version": (Collected(notice="privacy", notice_version=2), 0),
    "a form and a controller": (Collected(form="checkout-2026", controller="other"), 1),
    "a form from a day": (
        Collected(form="checkout-2026", collected_from=datetime(2026, 2, 1, tzinfo=UTC)),
        1,
    ),
    "a form until a day": (
        Collected(form="checkout-2026", collected_until=datetime(2026, 2, 1, tzinfo=UTC)),
        2,
    ),
    "a form until the very moment": (
        Collected(form="checkout-2026", collected_until=datetime(2026, 1, 5, 10, tzinfo=UTC)),
        0,
    ),
}


@pytest.mark.parametrize(("criteria", "expected"), MATCHES.values(), ids=list(MATCHES))
def test_what_the_criteria_match(criteria: Collected, expected: int) -> None:
    collect("1")
    collect("2", controller="other")
    collect("3", effective_at="2026-02-02T00:00:00Z")
    collect("4", form="newsletter")
    collect("5", choice="shown")

    assert services.count_collected(criteria) == expected


@pytest.mark.parametrize("criteria", [Collected(), Collected(notice="privacy"), Collected(controller="acme")])
def test_criteria_that_name_no_source_are_refused(criteria: Collected) -> None:
    collect("1")

    with pytest.raises(services.NoSourceNamed):
        start(criteria, expected=1)

    assert not InvalidationRun.objects.exists()


@pytest.mark.parametrize("expected", [0, 1, 3])
def test_a_count_that_is_not_what_the_officer_saw_is_refused(expected: int) -> None:
    collect("1", "2")
    entries = len(read_entries())

    with pytest.raises(services.CountChanged):
        start(expected=expected)

    assert not InvalidationRun.objects.exists()
    assert len(read_entries()) == entries


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
def test_a_run_without_a_reason_is_refused(reason: str) -> None:
    collect("1")

    with pytest.raises(services.NoReasonGiven):
        services.start_invalidation(
            criteria=CHECKOUT, officer_id=None, reason=reason, expected_count=1, at=JUNE_1
        )

    assert not InvalidationRun.objects.exists()


def test_what_is_collected_after_the_start_is_not_part_of_the_run() -> None:
    early = collect("1")
    run = start(expected=1)
    collect("2")

    assert finish(run) == 1
    assert invalidated() == early


def test_two_runs_over_the_same_grants_invalidate_each_once() -> None:
    grants = collect("1", "2", "3")
    by_form, by_notice = start(expected=3), start(Collected(notice="privacy", notice_version=1), expected=3)

    services.continue_invalidation(run_id=by_form, at=JUNE_1, batch=2)
    done = finish(by_notice)

    assert (done, finish(by_form)) == (1, 2)
    assert invalidated() == sorted(grants)


def test_a_finished_run_does_nothing_more() -> None:
    collect("1")
    run = start(expected=1)
    finish(run)
    entries = len(read_entries())

    assert services.continue_invalidation(run_id=run, at=JUNE_1).finished
    assert len(read_entries()) == entries


def test_a_batch_costs_as_many_statements_for_many_as_for_one() -> None:
    collect(*map(str, range(101)))
    run = start(expected=101)

    def count(batch: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            services.continue_invalidation(run_id=run, at=JUNE_1, batch=batch)
        return len(captured)

    assert count(1) == count(100)


def test_the_database_itself_refuses_a_second_invalidation_of_a_grant() -> None:
    collect("1")
    finish(start(expected=1))
    finding = ConsentRecord.objects.get(choice=Choice.INVALIDATED)
    finding.pk, finding.version = "rec_again", 99

    with pytest.raises(IntegrityError, match="record_invalidated_once"), transaction.atomic():
        finding.save(force_insert=True)


_DYING_WORKER = """
import os, signal, sys
import django
django.setup()
from django.db import connection
from consent.records import invalidation, services
from tests.records_world import JUNE_1
database, run, nth, place = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
connection.settings_dict["NAME"] = database
real, calls = getattr(invalidation, place), 0
def die_at_the_nth(*args, **options):
    global calls
    calls += 1
    if calls == nth:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args, **options)
setattr(invalidation, place, die_at_the_nth)
while True:
    services.continue_invalidation(run_id=run, at=JUNE_1, batch=2)
"""


@pytest.mark.parametrize(
    ("place", "nth"),
    [("project", 1), ("tell_choice", 6), ("_tell", 1)],
)
def test_a_worker_killed_half_way_leaves_each_grant_to_be_invalidated_once(
    committed_database: str, place: str, nth: int
) -> None:
    grants = collect(*map(str, range(7)), "3", "3")
    run = start(expected=9)

    died = subprocess.run(
        [sys.executable, "-c", _DYING_WORKER, committed_database, str(run), str(nth), place],
        capture_output=True,
        check=False,
        timeout=120,
    )

    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    assert len(invalidated()) % 2 == 0 or place == "_tell"
    assert finish(run) == 9
    assert invalidated() == sorted(grants)
    call_command("rebuild_choices", check=True)


def test_the_task_goes_on_with_what_is_unfinished_and_may_run_twice() -> None:
    grants = collect("1", "2", "3")
    start(expected=3)

    assert tasks.continue_invalidation() == 3
    assert tasks.continue_invalidation(not_yet_known=1) == 0
    assert tasks.continue_invalidation(run_id=InvalidationRun.objects.get().pk) == 3
    assert invalidated() == sorted(grants)


def test_the_command_counts_confirms_and_invalidates(capsys: pytest.CaptureFixture[str]) -> None:
    grants = collect("1", "2")

    call_command("invalidate_collected", form="checkout-2026", dry_run=True)
    assert invalidated() == []
    with pytest.raises(CommandError, match="look again"):
        call_command("invalidate_collected", form="checkout-2026", reason=WHY, expect=3)
    with pytest.raises(CommandError, match="reason"):
        call_command("invalidate_collected", form="checkout-2026", expect=2)
    with pytest.raises(CommandError, match="name a form"):
        call_command("invalidate_collected", notice="privacy", dry_run=True)
    assert invalidated() == []
    call_command("invalidate_collected", notice="privacy", notice_version=1, reason=WHY, expect=2)

    assert invalidated() == sorted(grants)
    told = capsys.readouterr()
    assert "2 grants match" in told.out
    assert "2 of 2" in told.err


def test_the_command_goes_on_with_a_run_that_was_cut_short() -> None:
    grants = collect("1", "2", "3")
    run = start(expected=3)
    services.continue_invalidation(run_id=run, at=JUNE_1, batch=1)

    call_command("invalidate_collected", run=run)

    assert invalidated() == sorted(grants)


RUNS = "admin:consent_records_invalidationrun"


def sign_in(client: Client, *permissions: str) -> User:
    officer = User.objects.create_user("olga", is_staff=True)
    officer.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(officer)
    return officer


def submit(client: Client, **fields: Any) -> Any:
    address = reverse(f"{RUNS}_invalidate")
    return client.post(address, {"_form_submitted": "True", "reason": WHY, **fields}, follow=True)


def test_the_officer_is_shown_the_count_before_and_the_progress_after(client: Client) -> None:
    grants = collect("1", "2")
    olga = sign_in(client, "view_invalidationrun", "invalidate_collected")

    counted = submit(client, form="checkout-2026").content.decode()

    assert "2 grants match" in counted
    assert not InvalidationRun.objects.exists()

    page = submit(client, form="checkout-2026", expected_count="2").content.decode()

    run = InvalidationRun.objects.get()
    assert (run.officer, run.counted, run.reason) == (olga, 2, WHY)
    assert "0 of 2" in page
    tasks.continue_invalidation()
    page = client.get(reverse(f"{RUNS}_change", args=[run.pk])).content.decode()
    assert "2 of 2 (100 %)" in page
    assert invalidated() == sorted(grants)


def test_a_count_that_changed_meanwhile_is_shown_again(client: Client) -> None:
    collect("1", "2")
    sign_in(client, "view_invalidationrun", "invalidate_collected")

    page = submit(client, form="checkout-2026", expected_count="1").content.decode()

    assert "2 grants match" in page
    assert not InvalidationRun.objects.exists()


@pytest.mark.parametrize(
    "fields", [{}, {"notice": "privacy"}, {"form": "checkout-2026", "reason": ""}, {"form": "unheard-of"}]
)
def test_a_form_that_will_not_do_starts_nothing(client: Client, fields: dict[str, str]) -> None:
    collect("1")
    sign_in(client, "view_invalidationrun", "invalidate_collected")

    submit(client, **fields)
    submit(client, expected_count="0", **fields)

    assert not InvalidationRun.objects.exists()


def test_an_officer_without_the_permission_cannot_invalidate(client: Client) -> None:
    collect("1")
    sign_in(client, "view_invalidationrun")

    assert submit(client, form="checkout-2026", expected_count="1").status_code == 403
    assert not InvalidationRun.objects.exists()
    page = client.get(reverse(f"{RUNS}_changelist")).content.decode()
    assert reverse(f"{RUNS}_invalidate") not in page


def test_the_choices_in_force_are_listed(client: Client) -> None:
    collect("1")
    sign_in(client, "view_currentchoice")

    page = client.get(reverse("admin:consent_records_currentchoice_changelist")).content.decode()

    assert "marketing.email" in page
