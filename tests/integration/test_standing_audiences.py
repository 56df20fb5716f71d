"""Officers define standing audiences, change, pause and delete them; each is told in the ledger."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from activation.enforcement.standing import services
from activation.enforcement.standing.inputs import find_input
from activation.enforcement.standing.models import RunOrder, StandingAudience
from activation.enforcement.standing.types import OrderSource, WorkStatus
from consent.kernel.errors import AccordantError
from tests.ledger_world import read_entries
from tests.standing_world import DEFINITION, REQUEST, define, folders, order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audiences")]


@pytest.fixture
def audiences(tmp_path: Path) -> Iterator[Path]:
    with folders(tmp_path) as folder:
        yield folder


def told() -> list[tuple[str, dict[str, Any]]]:
    """Return what the audit stream tells of standing audiences and runs."""
    return [
        (one.kind, json.loads(one.envelope)["body"])
        for one in read_entries()
        if one.kind.startswith(("standing_", "run_"))
    ]


def test_every_change_of_a_definition_is_told_with_who_made_it() -> None:
    define(schedule="every 6 hours")
    changed = replace(DEFINITION, title="All customers")
    at = timezone.now()
    services.change_audience(definition=changed, changed_by="officer 2", at=at)
    services.pause_audience(slug="customers", changed_by="officer 2", at=at)
    services.resume_audience(slug="customers", changed_by="officer 3", at=at)
    services.delete_audience(slug="customers", deleted_by="officer 3", at=at)

    assert [(kind, body["by"]) for kind, body in told()] == [
        ("standing_audience_defined", "officer 1"),
        ("standing_audience_changed", "officer 2"),
        ("standing_audience_paused", "officer 2"),
        ("standing_audience_resumed", "officer 3"),
        ("standing_audience_deleted", "officer 3"),
    ]
    assert told()[1][1]["title"] == "All customers"
    assert not StandingAudience.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"slug": "Customers"},
        {"slug": ""},
        {"title": " "},
        {"title": "two\nlines"},
        {"schedule": "hourly"},
        {"schedule": "every 0 minutes"},
        {"schedule": "daily at 24:00"},
        {"purpose": "No purpose"},
        {"destination": "d" * 65},
        {"controller": ""},
        {"identifiers": {"name": "column"}},
        {"identifiers": {"email": ""}},
        {"audience_format": "xml"},
        {"input": ""},
        {"input": "/etc/passwd"},
        {"input": "../audience.csv"},
        {"input": "a/../../audience.csv"},
        {"input": ".hidden.csv"},
        {"input": "a//b.csv"},
        {"input": "a\\b.csv"},
        {"input": "a\x00.csv"},
        {"input": "out.csv"},
        {"input": "folder"},
        {"input": "pipe.csv"},
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_kept(
    audiences: Path, changes: dict[str, Any]
) -> None:
    (audiences / "out.csv").symlink_to("/etc/passwd")
    (audiences / "folder").mkdir()
    os.mkfifo(audiences / "pipe.csv")

    with pytest.raises(AccordantError) as refused:
        define(**changes)

    assert refused.value.status == 400
    assert "passwd" not in str(refused.value)
    assert not StandingAudience.objects.exists()
    assert not told()


def test_a_link_within_the_folder_is_followed_and_one_that_leads_out_later_is_refused(
    audiences: Path,
) -> None:
    (audiences / "latest.csv").symlink_to("audience.csv")
    define(input="latest.csv")
    assert find_input(replace(REQUEST, input="latest.csv")) == (audiences / "audience.csv").resolve()

    (audiences / "latest.csv").unlink()
    (audiences / "latest.csv").symlink_to("/etc/hostname")

    with pytest.raises(services.InputRefused):
        find_input(replace(REQUEST, input="latest.csv"))


def test_the_file_may_come_after_the_definition_but_a_run_of_its_own_needs_it() -> None:
    define(input="later.csv")

    with pytest.raises(services.InputMissing):
        services.order_run(
            request=replace(REQUEST, input="later.csv"),
            source=OrderSource.API,
            asked_by="api:tool",
            at=timezone.now(),
        )

    assert not RunOrder.objects.exists()


def test_a_slug_is_taken_once_and_an_unknown_one_is_no_audience() -> None:
    define()

    with pytest.raises(services.AudienceAlreadyDefined):
        define()
    with pytest.raises(services.AudienceNotFound):
        order("others")


def test_a_run_that_waits_is_not_asked_for_twice() -> None:
    define()

    assert order() == order()
    assert [kind for kind, _ in told()] == ["standing_audience_defined", "run_ordered"]


def test_an_audience_with_a_run_that_waits_cannot_be_deleted_and_its_orders_outlive_it() -> None:
    define()
    waiting, at = order(), timezone.now()

    with pytest.raises(services.AudienceBusy):
        services.delete_audience(slug="customers", deleted_by="officer 1", at=at)
    services.cancel_order(order_id=waiting, asked_by="officer 1", at=at)
    services.delete_audience(slug="customers", deleted_by="officer 1", at=at)

    left = RunOrder.objects.get()
    assert (left.audience, left.audience_slug, left.status) == (None, "customers", WorkStatus.CANCELLED)


def test_due_audiences_are_set_down_once_and_what_was_missed_is_not_made_up_for() -> None:
    start = timezone.now()
    define(schedule="every 30 minutes")
    define(slug="by_hand")
    assert not services.run_due(at=start + timedelta(minutes=29))

    late = start + timedelta(hours=3, minutes=10)
    [due] = services.run_due(at=late)

    assert not services.run_due(at=late)
    waiting = RunOrder.objects.get(pk=due)
    assert (waiting.audience_slug, waiting.source) == ("customers", OrderSource.SCHEDULE)
    assert next_run() - start - timedelta(hours=3, minutes=30) < timedelta(minutes=1)


def test_a_paused_audience_is_not_run_by_itself_until_it_is_resumed() -> None:
    define(schedule="every 30 minutes")
    at = timezone.now()
    services.pause_audience(slug="customers", changed_by="officer 1", at=at)
    services.change_audience(
        definition=replace(DEFINITION, schedule="every 1 hours"), changed_by="officer 1", at=at
    )

    assert not services.run_due(at=at + timedelta(days=1))
    with pytest.raises(services.AudienceUnchanged):
        services.pause_audience(slug="customers", changed_by="officer 1", at=at)

    services.resume_audience(slug="customers", changed_by="officer 1", at=at)
    assert next_run() == at + timedelta(hours=1)
    with pytest.raises(services.AudienceUnchanged):
        services.resume_audience(slug="customers", changed_by="officer 1", at=at)


def next_run() -> datetime:
    found = StandingAudience.objects.get(slug="customers").next_run_at
    assert found is not None
    return found


def test_old_orders_are_forgotten_and_those_that_wait_are_kept() -> None:
    define()
    services.cancel_order(order_id=order(), asked_by="officer 1", at=timezone.now())
    waiting = order()

    assert services.forget_orders(at=timezone.now()) == 0
    assert services.forget_orders(at=timezone.now() + timedelta(days=1096)) == 1
    assert [one.pk for one in RunOrder.objects.all()] == [waiting]


def test_an_order_that_ended_is_not_cancelled_and_asking_twice_is_no_error() -> None:
    define()
    waiting, at = order(), timezone.now()

    assert services.cancel_order(order_id=waiting, asked_by="officer 1", at=at) == WorkStatus.CANCELLED
    with pytest.raises(services.OrderEnded):
        services.cancel_order(order_id=waiting, asked_by="officer 1", at=at)
