"""Officers see how each stream's process stands, find it by what it does, and change nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from activation.enforcement.streaming.models import StreamRun
from activation.enforcement.streaming.retention import forget_streams
from activation.enforcement.streaming.types import Guarantee, StreamStatus

pytestmark = pytest.mark.django_db
LIST = "/admin/activation_enforcement/streamrun/"


@pytest.fixture
def client() -> Client:
    """The browser of an officer who may see streams, and whom the site would let change them."""
    user = User.objects.create_user("officer", is_staff=True)
    names = [f"{verb}_streamrun" for verb in ("view", "add", "change", "delete")]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    found = Client()
    found.force_login(user)
    return found


def make_run(instance: str, **changes: Any) -> StreamRun:
    """Write the row of a process."""
    row: dict[str, Any] = {
        "purpose": "advertising.audience",
        "destination": "ads",
        "controller": "shop",
        "input_topic": "web.events",
        "allowed_topic": "web.events.ads",
        "denied_topic": "web.events.denied",
        "group": "ads",
        "guarantee": Guarantee.EXACTLY_ONCE,
    }
    return StreamRun.objects.create(**{**row, "instance": instance, **changes})


def test_each_state_is_told_with_what_to_do(client: Client) -> None:
    make_run("waits", status=StreamStatus.WAITING, waiting_for="no policy is in force: publish one")
    silent = make_run("silent", status=StreamStatus.RUNNING)
    StreamRun.objects.filter(pk=silent.pk).update(last_seen_at=timezone.now() - timedelta(minutes=1))
    failed = make_run(
        "failed", status=StreamStatus.FAILED, ended_at=timezone.now(), error="there is no topic of this name"
    )

    page = client.get(LIST).content.decode()
    assert all(name in page for name in ("waiting", "silent", "failed"))
    assert "see its supervisor" in client.get(f"{LIST}{silent.pk}/change/").content.decode()
    told = client.get(f"{LIST}{failed.pk}/change/").content.decode()
    assert "there is no topic of this name" in told
    assert "Mend what the error says" in told


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("status=failed", ["two"]),
        ("destination=crm", ["two"]),
        ("input_topic=app.events", ["two"]),
        ("group=ads", ["one"]),
        ("q=one", ["one"]),
        ("q=nobody", []),
    ],
)
def test_processes_are_found_by_what_they_do(client: Client, asked: str, found: list[str]) -> None:
    make_run("one")
    ended = {"status": StreamStatus.FAILED, "ended_at": timezone.now(), "error": "x"}
    make_run("two", destination="crm", input_topic="app.events", group="crm", **ended)

    listed = client.get(f"{LIST}?{asked}").context["cl"].result_list
    assert [run.instance for run in listed] == found


def test_nothing_of_a_process_can_be_changed(client: Client) -> None:
    run = make_run("one", denied_by_reason={"refused": 2, "withdrawn": 5}, events=7, denied=7)
    page = client.get(f"{LIST}{run.pk}/change/").content.decode()

    assert page.index("withdrawn: 5") < page.index("refused: 2")
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{run.pk}/change/", {"instance": "two"}).status_code == 403
    assert client.post(f"{LIST}{run.pk}/delete/", {"post": "yes"}).status_code == 403
    assert StreamRun.objects.get().instance == "one"


def test_rows_of_long_ago_are_forgotten_also_of_those_that_died_silently(settings: Any) -> None:
    settings.RUNS_KEPT = timedelta(days=30)
    now = timezone.now()
    for name, age in (("old", 31), ("young", 29)):
        run = make_run(name, status=StreamStatus.RUNNING)
        StreamRun.objects.filter(pk=run.pk).update(last_seen_at=now - timedelta(days=age))

    assert forget_streams(at=now) == 1
    assert StreamRun.objects.get().instance == "young"
    settings.RUNS_KEPT = None
    assert forget_streams(at=now + timedelta(days=900)) == 0
