"""Subscriptions over the API and from the command line."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from activation.changes.models import Replay, Subscription
from activation.changes.types import SubscriptionState, Turn
from activation.checks.types import Scope
from consent.ledger import queries as ledger
from tests.changes_world import SLUG, deliver, record, replay, rest, subscribe
from tests.checks_world import caller
from tests.fakes.change_receiver import SECRET, ChangeReceiver
from tests.fakes.service import Reply, running
from tests.records_world import publish_policy

pytestmark = pytest.mark.django_db
LISTING = "/api/v1/subscriptions"
ONE = f"{LISTING}/{SLUG}"


@pytest.fixture
def receiver() -> Iterator[ChangeReceiver]:
    publish_policy()
    with running(ChangeReceiver) as found:
        yield found


@pytest.fixture
def client() -> APIClient:
    return caller(Scope.SUBSCRIPTIONS_READ, Scope.SUBSCRIPTIONS_WRITE)


def asked(receiver: ChangeReceiver, **changes: Any) -> dict[str, Any]:
    return {
        "slug": SLUG,
        "title": "The CRM",
        "kind": "webhook",
        "settings": {"url": f"{receiver.url}/in"},
        **changes,
    }


def test_a_webhook_is_connected_and_its_secret_shown_once(
    receiver: ChangeReceiver, client: APIClient
) -> None:
    record("00001")

    answer = client.post(LISTING, asked(receiver, purposes=["marketing.email"]))

    assert answer.status_code == 201, answer.content
    assert answer["Location"] == ONE
    assert answer["Cache-Control"] == "no-store"
    made = answer.json()
    assert made["signing_secret"].startswith("whsec_")
    assert (made["position"], made["lag"], made["state"]) == (ledger.get_size(), 0, "active")
    receiver.secrets = [made["signing_secret"]]
    record("00002")
    assert deliver() is Turn.AT_END
    assert len(receiver.data) == 1
    assert "signing_secret" not in client.get(ONE).json()


def test_where_a_subscription_stands_is_told(receiver: ChangeReceiver, client: APIClient) -> None:
    subscribe(receiver)
    record("00001")
    receiver.next = [Reply(503)]
    deliver()

    told = client.get(ONE).json()

    assert told["lag"] > 0
    assert told["behind_since"] is not None
    assert told["failures"] == 1
    assert "503" in told["last_error"]
    assert told["advice"]
    rest()
    deliver()
    told = client.get(ONE).json()
    assert (told["lag"], told["behind_since"], told["last_error"], told["advice"]) == (0, None, "", "")
    assert told["last_success_at"] is not None


def test_subscriptions_are_listed_filtered_and_paged(receiver: ChangeReceiver, client: APIClient) -> None:
    for slug in ("a", "b", "c"):
        subscribe(receiver, slug)
    Subscription.objects.filter(slug="b").update(state=SubscriptionState.PAUSED)

    def listed(query: str) -> list[str]:
        return [one["slug"] for one in client.get(f"{LISTING}?{query}").json()["subscriptions"]]

    assert listed("") == ["a", "b", "c"]
    assert listed("limit=2") == ["a", "b"]
    assert listed("limit=2&after=b") == ["c"]
    assert listed("state=paused") == ["b"]
    assert listed("kind=topic") == []


def test_a_subscription_is_changed_paused_and_resumed(receiver: ChangeReceiver, client: APIClient) -> None:
    subscribe(receiver)

    changed = client.patch(ONE, {"title": "New", "purposes": [], "state": "paused", "reason": "moves"})

    assert changed.status_code == 200, changed.content
    assert (changed.json()["title"], changed.json()["state"], changed.json()["reason"]) == (
        "New",
        "paused",
        "moves",
    )
    assert client.patch(ONE, {"state": "active"}).json()["state"] == "active"
    secret = client.patch(ONE, {"signing_secret": ""}).json()["signing_secret"]
    assert secret.startswith("whsec_")
    assert client.patch(ONE, {"signing_secret": SECRET}).json()["signing_secret"] == ""


def test_a_change_of_which_a_part_is_wrong_changes_nothing(
    receiver: ChangeReceiver, client: APIClient
) -> None:
    subscribe(receiver)

    answer = client.patch(ONE, {"title": "New", "signing_secret": "word"})

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_subscription")
    assert Subscription.objects.get().title == "The CRM"


def test_a_replay_is_set_down_and_carried_out(receiver: ChangeReceiver, client: APIClient) -> None:
    subscribe(receiver)
    record("00001")
    deliver()
    receiver.forget()

    answer = client.post(f"{ONE}/replay", {"from_index": 0})

    assert answer.status_code == 202, answer.content
    assert client.get(ONE).json()["replays"] == 1
    assert replay() is Turn.AT_END
    assert len(receiver.data) == 1
    assert client.get(ONE).json()["replays"] == 0
    assert client.post(f"{ONE}/replay", {"from_index": 10**9}).json()["code"] == "position_out_of_range"


@pytest.mark.parametrize(
    ("method", "address", "body", "status", "code"),
    [
        ("get", f"{LISTING}/none", None, 404, "subscription_not_found"),
        ("patch", f"{LISTING}/none", {}, 404, "subscription_not_found"),
        ("post", f"{LISTING}/none/replay", {"from_index": 0}, 404, "subscription_not_found"),
        ("get", f"{LISTING}?state=odd", None, 400, "invalid_request"),
        ("get", f"{LISTING}?limit=0", None, 400, "invalid_request"),
        ("get", f"{LISTING}?odd=1", None, 400, "invalid_request"),
        ("post", LISTING, {}, 400, "invalid_request"),
        ("post", LISTING, [], 400, "invalid_request"),
        ("patch", ONE, {"odd": 1}, 400, "invalid_request"),
        ("patch", ONE, {"state": "disabled"}, 400, "invalid_request"),
        ("patch", ONE, {"state": "paused"}, 400, "invalid_request"),
        ("patch", ONE, {"purposes": ["marketing.emial"]}, 400, "malformed_subscription"),
        ("post", f"{ONE}/replay", {"from_index": -1}, 400, "invalid_request"),
        ("post", f"{ONE}/replay", {"from_index": 2**63}, 400, "malformed_json"),
        ("post", f"{ONE}/replay", {"from_index": 5, "to_index": 2}, 409, "position_out_of_range"),
        ("put", ONE, {}, 405, "method_not_allowed"),
    ],
)
def test_what_is_asked_wrongly_is_refused_with_a_code(
    receiver: ChangeReceiver, client: APIClient, method: str, address: str, body: Any, status: int, code: str
) -> None:
    subscribe(receiver)

    answer = (
        getattr(client, method)(address, body, format="json") if body is not None else client.get(address)
    )

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"slug": "C.R"}, 400, "invalid_request"),
        ({"kind": "post"}, 400, "invalid_request"),
        ({"settings": {}}, 400, "malformed_settings"),
        ({"settings": {"url": "planted-7c1d://x"}}, 409, "address_refused"),
        ({"settings": {"url": "https://a.example/", "planted": 1}}, 400, "malformed_settings"),
        ({"secrets": {"signing_secret": "planted-7c1d"}}, 400, "malformed_subscription"),
        ({"secrets": {"planted-7c1d": "x"}}, 400, "malformed_subscription"),
        ({"purposes": ["planted-7c1d"]}, 400, "malformed_subscription"),
        ({"position": 10**9}, 400, "malformed_subscription"),
        ({"title": "\x00"}, 400, "invalid_request"),
        ({"title": "\u202e"}, 400, "malformed_subscription"),
    ],
)
def test_a_subscription_that_cannot_be_is_refused_and_nothing_is_kept(
    receiver: ChangeReceiver, client: APIClient, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = client.post(LISTING, asked(receiver, **changes))

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert "planted-7c1d" not in answer.content.decode()
    assert not Subscription.objects.exists()


def test_a_slug_is_given_once(receiver: ChangeReceiver, client: APIClient) -> None:
    assert client.post(LISTING, asked(receiver)).status_code == 201

    answer = client.post(LISTING, asked(receiver))

    assert (answer.status_code, answer.json()["code"]) == (409, "subscription_already_there")


def test_who_may_read_may_not_write_and_who_may_neither_sees_nothing(receiver: ChangeReceiver) -> None:
    subscribe(receiver)
    reader, nobody = caller(Scope.SUBSCRIPTIONS_READ), caller(Scope.CHANGES_READ, name="other")

    assert reader.get(ONE).status_code == 200
    assert reader.post(LISTING, asked(receiver)).status_code == 403
    assert reader.patch(ONE, {"title": "x"}).status_code == 403
    assert reader.post(f"{ONE}/replay", {"from_index": 0}).status_code == 403
    assert nobody.get(LISTING).status_code == 403
    assert APIClient().get(LISTING).status_code == 401


def test_the_command_line_connects_tries_and_replays(
    receiver: ChangeReceiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record("00001")
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"url": f"{receiver.url}/in"}))
    monkeypatch.setenv("HOOK", SECRET)
    out = StringIO()

    call_command(
        "connect_subscription",
        SLUG,
        "webhook",
        f"--settings-file={file}",
        "--secret=signing_secret=HOOK",
        "--from=0",
        "--purpose=marketing.email",
        stdout=out,
    )
    call_command("check_subscription", SLUG, stdout=out)
    assert deliver() is Turn.AT_END
    call_command("replay_changes", "--subscription", SLUG, "--from", "0", stdout=out)
    call_command("rewrap_credentials", stdout=out)

    assert SECRET not in out.getvalue()
    assert "is connected" in out.getvalue()
    assert Replay.objects.filter(ended_at=None).count() == 1
    call_command("connect_subscription", SLUG, "webhook", f"--settings-file={file}", stdout=out)
    assert "whsec_" in out.getvalue()


def test_the_command_line_says_what_is_wrong(receiver: ChangeReceiver, tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text("[]")

    for wrong in (
        ("connect_subscription", SLUG, "webhook", f"--settings-file={file}"),
        ("connect_subscription", SLUG, "webhook", f"--settings-file={tmp_path / 'none'}"),
        ("connect_subscription", SLUG, "webhook", f"--settings-file={file}", "--secret=a=NO_SUCH_VARIABLE"),
        ("check_subscription", "none"),
        ("replay_changes", "--subscription", "none", "--from", "0"),
    ):
        with pytest.raises(CommandError):
            call_command(*wrong)

    assert not Subscription.objects.exists()
