"""Officers define standing audiences in the admin, run, pause and measure them, and stop runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from activation.enforcement.standing.models import DriftReport, RunOrder, StandingAudience
from activation.enforcement.standing.types import WorkStatus
from tests.enforcement_world import QUESTION, make_world
from tests.standing_world import define, folders, order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audiences")]
LIST = "/admin/activation_enforcement/standingaudience/"
ORDERS = "/admin/activation_enforcement/runorder/"
GIVEN = {
    **QUESTION,
    "slug": "customers",
    "title": "Customers",
    "input": "audience.csv",
    "audience_format": "",
    "columns": "customer_id = customer_id\nemail=email",
    "schedule": "every 6 hours",
    "rerun": "when_wrong",
}
ALL = (
    "view_standingaudience",
    "add_standingaudience",
    "change_standingaudience",
    "delete_standingaudience",
    "run_standingaudience",
    "view_runorder",
    "cancel_runorder",
)


@pytest.fixture
def audiences(tmp_path: Path) -> Iterator[Path]:
    make_world()
    with folders(tmp_path) as folder:
        yield folder


def officer(*permissions: str) -> Client:
    """Return the browser of a member of staff."""
    user = User.objects.create_user("officer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def act(client: Client, name: str, *rows: Any, where: str = LIST) -> str:
    """Take the list's action on the rows, and return the page that follows."""
    body = {"action": name, "_selected_action": [row.pk for row in rows]}
    return client.post(where, body, follow=True).content.decode()


def test_an_audience_is_defined_changed_and_deleted_on_its_page() -> None:
    client = officer(*ALL)

    assert client.post(f"{LIST}add/", GIVEN).status_code == 302
    audience = StandingAudience.objects.get()
    page = f"{LIST}{audience.pk}/change/"
    assert "not measured yet" in client.get(page).content.decode()
    assert client.post(page, {**GIVEN, "title": "All", "slug": "other", "columns": ""}).status_code == 302

    audience.refresh_from_db()
    assert (audience.slug, audience.title, audience.identifiers) == ("customers", "All", {})
    assert audience.created_by.startswith("officer ")
    assert client.post(f"{LIST}{audience.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not StandingAudience.objects.exists()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"input": "../audience.csv"}, "path below the folder"),
        ({"schedule": "hourly"}, "every 30 minutes"),
        ({"columns": "shoe=x"}, "kind is one of"),
        ({"columns": "no column"}, "kind is one of"),
        ({"purpose": "made.up"}, "not one of the available choices"),
        ({"slug": "Ups"}, "a slug is"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_told_on_the_form(changes: dict[str, str], told: str) -> None:
    answer = officer(*ALL).post(f"{LIST}add/", {**GIVEN, **changes})

    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert not StandingAudience.objects.exists()


def test_audiences_are_run_paused_resumed_and_measured_from_the_list() -> None:
    client, audience = officer(*ALL), define(schedule="every 6 hours")

    assert "A worker runs customers now" in act(client, "run_now", audience)
    assert RunOrder.objects.get().asked_by.startswith("officer ")
    assert "customers is paused" in act(client, "pause", audience)
    assert "is paused already" in act(client, "pause", audience)
    assert "runs by itself again" in act(client, "resume", audience)
    assert "run it first" in act(client, "measure", audience)
    assert not DriftReport.objects.exists()


def test_an_officer_without_the_permission_runs_and_stops_nothing() -> None:
    client, audience = officer("view_standingaudience", "change_standingaudience", "view_runorder"), define()
    waiting = RunOrder.objects.get(pk=order())

    act(client, "run_now", audience)
    act(client, "measure", audience)
    act(client, "cancel", waiting, where=ORDERS)

    waiting.refresh_from_db()
    assert waiting.status == WorkStatus.QUEUED
    assert RunOrder.objects.count() == 1
    assert client.post(f"{LIST}add/", GIVEN).status_code == 403


def test_an_audience_with_a_run_that_waits_offers_no_deletion() -> None:
    client, audience = officer(*ALL), define()
    order()

    assert client.post(f"{LIST}{audience.pk}/delete/", {"post": "yes"}).status_code == 403
    assert "delete_selected" not in client.get(LIST).content.decode()


def test_runs_are_found_by_filter_and_stopped_from_the_list() -> None:
    client = officer(*ALL)
    define()
    waiting = RunOrder.objects.get(pk=order())

    found = client.get(f"{ORDERS}?audience_slug=customers&status__exact=queued").content.decode()
    assert str(waiting.pk) in found
    assert str(waiting.pk) in client.get(f"{ORDERS}?q={waiting.pk}").content.decode()
    assert "audience.csv" in client.get(f"{ORDERS}{waiting.pk}/change/").content.decode()
    assert " stops." in act(client, "cancel", waiting, where=ORDERS)
    assert "there is nothing to stop" in act(client, "cancel", waiting, where=ORDERS)
    assert client.get(f"{ORDERS}add/").status_code == 403


def test_the_page_of_an_audience_tells_its_runs_and_its_drift_in_words() -> None:
    audience, at = define(), timezone.now()
    RunOrder.objects.filter(pk=order()).update(rows_done=12, rows_total=40, status=WorkStatus.RUNNING)
    figures = {
        "outlook": "policy",
        "at": "2027-01-01T00:00:00+00:00",
        "policy_version": 2,
        "rows_allowed": 1,
        "rows_denied": 2,
        "wrong": 1,
        "wrong_by_reason": {"withdrawn": 1},
        "regained": 0,
        "new": 0,
    }
    DriftReport.objects.create(
        audience=audience,
        status=WorkStatus.COMPLETED,
        finished_at=at,
        measured_at=at,
        run_id="00000000-0000-0000-0000-000000000001",
        sent=2,
        wrong=1,
        outlooks=[figures],
    )
    DriftReport.objects.create(audience=audience, status=WorkStatus.RUNNING, rows_done=7)

    page = officer(*ALL).get(f"{LIST}{audience.pk}/change/").content.decode()

    assert "12 of 40 rows" in page
    assert "2027-01-01 00:00: policy takes effect" in page
    assert "The person withdrew their consent." in page
    assert "Last measuring: running, 7 rows" in page
