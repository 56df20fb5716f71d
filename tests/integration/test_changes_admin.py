"""Subscriptions in the admin: connected, watched, tried, replayed; parked messages sent again."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from activation.changes import turns
from activation.changes.models import ParkedMessage, Replay, Subscription
from activation.changes.types import Turn
from consent.ledger import queries as ledger
from tests.changes_world import SLUG, deliver, record, replay, rest, subscribe
from tests.fakes.change_receiver import SECRET, ChangeReceiver
from tests.fakes.service import Reply, running
from tests.records_world import publish_policy

pytestmark = pytest.mark.django_db
LIST = "/admin/activation_changes/subscription/"
PARKED = "/admin/activation_changes/parkedmessage/"
ALL = (
    "view_subscription",
    "change_subscription",
    "connect_subscription",
    "view_parkedmessage",
    "change_parkedmessage",
)


@pytest.fixture
def receiver() -> Iterator[ChangeReceiver]:
    publish_policy()
    with running(ChangeReceiver) as found:
        yield found


def officer(*permissions: str) -> Client:
    user = User.objects.create_user("officer", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(codename__in=permissions, content_type__app_label="activation_changes")
    )
    client = Client()
    client.force_login(user)
    return client


def act(client: Client, name: str, *rows: Any, where: str = LIST, **more: str) -> str:
    body = {"action": name, "_selected_action": [row.pk for row in rows], **more}
    return client.post(where, body, follow=True).content.decode()


def test_a_webhook_is_connected_from_a_form_and_its_secret_shown_once(receiver: ChangeReceiver) -> None:
    client = officer(*ALL)
    page = f"{LIST}connect-webhook/"
    form = {
        "slug": SLUG,
        "title": "CRM",
        "url": f"{receiver.url}/in",
        "timeout_seconds": "5",
        "in_flight": "2",
    }

    assert client.get(page).status_code == 200
    refused = client.post(page, {**form, "slug": "C R"})
    assert refused.status_code == 200
    assert not Subscription.objects.exists()
    answer = client.post(page, {**form, "purposes": "marketing.email", "position": "0"}, follow=True)

    told = answer.content.decode()
    assert "whsec_" in told
    row = Subscription.objects.get(slug=SLUG)
    assert (row.purposes, row.position, row.settings["in_flight"]) == (["marketing.email"], 0, 2)
    assert "whsec_" not in client.get(LIST).content.decode()


def test_lag_the_last_error_and_what_to_do_are_shown(receiver: ChangeReceiver) -> None:
    row = subscribe(receiver)
    record("00001")
    receiver.next = [Reply(503)]
    deliver()
    client = officer(*ALL)

    listing = client.get(LIST).content.decode()
    page = client.get(f"{LIST}{row.pk}/change/").content.decode()

    for told in (listing, page):
        assert "answers 503" in told
        assert "UTC" in told
    assert "nothing is lost" in page
    assert SECRET not in page


def test_a_test_message_a_replay_and_another_secret_are_one_page_each(receiver: ChangeReceiver) -> None:
    row = subscribe(receiver)
    record("00001")
    deliver()
    client = officer(*ALL)

    for step in ("check", "replay", "rotate"):
        assert client.get(f"{LIST}{row.pk}/{step}/").status_code == 200
    told = client.post(f"{LIST}{row.pk}/check/", follow=True).content.decode()
    assert "takes messages" in told
    client.post(f"{LIST}{row.pk}/replay/", {"begin": "0", "until": ""})
    assert Replay.objects.get().until == ledger.get_size()
    refused = client.post(f"{LIST}{row.pk}/replay/", {"begin": "999999", "until": ""})
    assert refused.status_code == 200
    assert "a replay goes from" in refused.content.decode()
    assert "whsec_" in client.post(f"{LIST}{row.pk}/rotate/", follow=True).content.decode()
    receiver.next = [Reply(500)]
    assert "answers 500" in client.post(f"{LIST}{row.pk}/check/", follow=True).content.decode()


def test_a_subscription_is_paused_with_a_reason_and_resumed(receiver: ChangeReceiver) -> None:
    row = subscribe(receiver)
    client = officer(*ALL)

    assert "give a reason" in act(client, "pause", row)
    act(client, "pause", row, reason="it moves")
    row.refresh_from_db()
    assert (row.state, row.reason) == ("paused", "it moves")
    act(client, "resume", row)
    row.refresh_from_db()
    assert row.state == "active"


def test_a_parked_message_is_seen_and_sent_again(receiver: ChangeReceiver) -> None:
    subscribe(receiver)
    record("00001")
    entry = next(one for one in ledger.list_changes(after=0) if one.kind == "choice_recorded")
    receiver.refuses = {entry.event_id: 400}
    for _ in range(turns.TRIES):
        deliver()
        rest()
    client = officer(*ALL)

    listing = client.get(f"{PARKED}?where=parked").content.decode()
    assert entry.event_id in listing
    assert "status 400" in listing
    receiver.refuses = {}
    act(client, "send_again", ParkedMessage.objects.get(), where=PARKED)
    assert replay() is Turn.AT_END

    assert len(receiver.data) == 1
    assert entry.event_id in client.get(f"{PARKED}?where=taken").content.decode()


def test_who_may_only_look_changes_nothing(receiver: ChangeReceiver) -> None:
    row = subscribe(receiver)
    client = officer("view_subscription", "view_parkedmessage")

    assert client.get(LIST).status_code == 200
    for step in ("check", "replay", "rotate"):
        assert client.post(f"{LIST}{row.pk}/{step}/", {"begin": "0"}).status_code == 403
    assert client.post(f"{LIST}connect-webhook/", {}).status_code == 403
    act(client, "pause", row, reason="x")
    row.refresh_from_db()
    assert row.state == "active"
    assert not receiver.asked
    assert client.post(f"{LIST}{row.pk}/delete/").status_code == 403
