"""The Data Rights Protocol from end to end: agents pair with us, ask, are told, and take back."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from time import monotonic
from typing import Any
from uuid import uuid4

import jsonschema
import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from consent.requests.intake.deciding import refuse
from consent.requests.limits.rules import HOUR, Limit
from consent.requests.models import Agent, Callback, HeardMessage, ProtocolRequest, Request, RequestEvent
from consent.requests.protocols.callbacks import sending
from consent.requests.protocols.drp import agents, views
from consent.requests.protocols.drp.statuses import REASONS
from consent.requests.protocols.forgetting import forget_callers
from consent.requests.protocols.schemas import load_schema
from consent.requests.types import Actor, Channel, RefusalGround, RequestState, RequestType
from tests.fakes.caller import CalledBack
from tests.fakes.service import running
from tests.protocols_world import AGENT, BUSINESS, SigningAgent

pytestmark = pytest.mark.django_db
EXERCISE = "/drp/v1/data-rights-request"


@pytest.fixture(autouse=True)
def _open(settings: Any) -> None:
    settings.DRP_BUSINESSES = {BUSINESS: "acme"}


@pytest.fixture
def pigeon() -> SigningAgent:
    agent = SigningAgent()
    agent.register(is_trusted=True)
    return agent


def pair(agent: SigningAgent) -> APIClient:
    """Return a client that shows the token which the agent was given."""
    answer = send("post", f"/drp/v1/agent/{agent.name}", agent.sign(agent.envelope()), APIClient())
    assert answer.status_code == 200, answer.content
    assert answer.json()["agent-id"] == agent.name
    return APIClient(headers={"Authorization": f"Bearer {answer.json()['token']}"})


def send(method: str, path: str, content: bytes, client: APIClient) -> Any:
    return getattr(client, method)(path, content, content_type="text/plain")


def told(answer: Any, *, form: str = "status", status: int = 200) -> dict[str, Any]:
    """Return what was answered, in the protocol's form."""
    assert answer.status_code == status, answer.content
    body: dict[str, Any] = answer.json()
    jsonschema.validate(body, load_schema("drp", form))
    return body


def test_a_trusted_agent_asks_for_deletion_and_it_begins(pigeon: SigningAgent) -> None:
    client = pair(pigeon)

    answer = told(send("post", EXERCISE, pigeon.sign(pigeon.exercise(**{"agent-request-id": "7"})), client))

    request = Request.objects.get(pk=answer["request_id"])
    assert (answer["status"], answer["agent_request_id"]) == ("in_progress", "7")
    assert (request.type, request.state) == (RequestType.ERASURE, RequestState.IN_PROGRESS)
    assert (request.channel, request.jurisdiction) == (Channel.DRP, "US-CA")
    assert request.agent is not None
    assert told(client.get(f"{EXERCISE}/{request.pk}")) == answer
    shown = json.dumps([str(RequestEvent.objects.values()), str(ProtocolRequest.objects.values())])
    assert "ann@" not in shown
    assert "Ann Other" not in shown


def test_access_is_asked_of_the_person_themselves(pigeon: SigningAgent) -> None:
    answer = told(send("post", EXERCISE, pigeon.sign(pigeon.exercise("access")), pair(pigeon)))

    assert (answer["status"], answer["reason"]) == ("in_progress", "need_user_verification")
    assert "/privacy/status/link?token=" in answer["user_verification_url"]
    assert "ann@" not in answer["user_verification_url"]


def test_a_yes_is_denied_and_nothing_is_recorded(pigeon: SigningAgent) -> None:
    client = pair(pigeon)

    answer = told(send("post", EXERCISE, pigeon.sign(pigeon.exercise("sale:opt-in")), client))

    assert (answer["status"], answer["reason"]) == ("denied", "other")
    assert not Request.objects.exists()
    assert told(client.get(f"{EXERCISE}/{answer['request_id']}")) == answer


def test_an_opt_out_is_honoured_at_once_and_cannot_be_revoked(pigeon: SigningAgent) -> None:
    client = pair(pigeon)
    body = pigeon.exercise("sale:opt-out", email_verified=False)
    made = told(send("post", EXERCISE, pigeon.sign(body), client))

    assert made["status"] == "in_progress"
    answer = send("delete", f"{EXERCISE}/{made['request_id']}", pigeon.sign({"reason": ""}), client)
    told(answer, form="error", status=409)


def test_a_message_counts_once(pigeon: SigningAgent) -> None:
    client, content = pair(pigeon), pigeon.sign(pigeon.exercise())
    told(send("post", EXERCISE, content, client))

    again = send("post", EXERCISE, content, client)

    assert "acted on before" in told(again, form="error", status=409)["message"]
    assert Request.objects.count() == 1


def test_without_the_guard_a_message_would_count_twice(
    pigeon: SigningAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, content = pair(pigeon), pigeon.sign(pigeon.exercise())
    monkeypatch.setattr("consent.requests.protocols.drp.exercising.hear", lambda *_, **__: None)
    for _ in range(2):
        told(send("post", EXERCISE, content, client))

    assert Request.objects.count() == 2


def test_who_overhears_how_a_pair_is_set_up_gets_no_token(pigeon: SigningAgent) -> None:
    content = pigeon.sign(pigeon.envelope())
    first, again = (send("post", f"/drp/v1/agent/{AGENT}", content, APIClient()) for _ in range(2))

    assert first.status_code == 200
    assert (again.status_code, again.content) == (403, b"")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"agent-id": "OTHER"}, 403),
        ({"business-id": "OTHER_CB"}, 403),
        ({"business-id": [BUSINESS]}, 403),
        ({"issued-at": "2999-01-01T00:00:00Z"}, 400),
        ({"expires-at": "2020-01-01T00:00:00Z"}, 400),
        ({"drp.version": "0.8"}, 400),
        ({"exercise": "all"}, 400),
        ({"email": ""}, 400),
        ({"agent-request-id": "ann@people.example"}, 400),
        ({"email": "no address"}, 400),
        ({"status_callback": "ftp://agent.example/"}, 409),
    ],
)
def test_what_fails_a_check_is_told_in_the_protocols_form_and_leaves_nothing(
    pigeon: SigningAgent, changes: dict[str, Any], status: int
) -> None:
    client = pair(pigeon)
    heard = HeardMessage.objects.count()

    answer = send("post", EXERCISE, pigeon.sign(pigeon.exercise(**changes)), client)

    body = told(answer, form="error", status=status)
    assert body["code"] == str(status)
    assert body.get("fatal", False) is ("expires-at" in changes)
    assert (Request.objects.count(), HeardMessage.objects.count()) == (0, heard)


def test_a_message_of_another_key_or_without_a_token_is_refused(pigeon: SigningAgent) -> None:
    other = SigningAgent("OTHER")
    other.register()
    client = pair(pigeon)

    told(send("post", EXERCISE, other.sign(other.exercise()), client), form="error", status=403)
    told(send("post", EXERCISE, b"\xff", client), form="error", status=400)
    told(send("post", EXERCISE, b"", client), form="error", status=400)
    told(send("post", EXERCISE, pigeon.sign(pigeon.exercise()), APIClient()), form="error", status=401)
    told(send("post", EXERCISE, b"A" * 70_000, client), form="error", status=413)
    told(client.post(EXERCISE, {}), form="error", status=415)
    assert not Request.objects.exists()


def test_each_agent_sees_its_own_requests_only(pigeon: SigningAgent) -> None:
    other = SigningAgent("OTHER")
    other.register()
    theirs = pair(other)
    made = told(send("post", EXERCISE, pigeon.sign(pigeon.exercise()), pair(pigeon)))

    for request_id in (made["request_id"], uuid4()):
        told(theirs.get(f"{EXERCISE}/{request_id}"), form="error", status=403)
        answer = send("delete", f"{EXERCISE}/{request_id}", other.sign({"reason": ""}), theirs)
        told(answer, form="error", status=403)
    told(theirs.get(f"/drp/v1/agent/{AGENT}"), form="error", status=403)
    assert theirs.get("/drp/v1/agent/OTHER").json() == {}


@pytest.mark.parametrize("name", [AGENT, "NOBODY"])
def test_a_pair_that_cannot_be_set_up_is_told_nothing(pigeon: SigningAgent, name: str) -> None:
    stranger = SigningAgent(name)

    answer = send("post", f"/drp/v1/agent/{name}", stranger.sign(stranger.envelope()), APIClient())

    assert (answer.status_code, answer.content) == (403, b"")


def test_a_token_is_kept_as_a_hash_and_ends_with_the_next_and_with_the_agent(pigeon: SigningAgent) -> None:
    first = pair(pigeon)
    second = pair(pigeon)
    address = f"/drp/v1/agent/{AGENT}"

    assert first.get(address).status_code == 401
    assert second.get(address).status_code == 200
    assert len(Agent.objects.get().token_hash) == 64
    Agent.objects.update(is_active=False)
    assert second.get(address).status_code == 401


def test_a_request_is_taken_back_while_it_goes_on(pigeon: SigningAgent) -> None:
    client = pair(pigeon)
    made = told(send("post", EXERCISE, pigeon.sign(pigeon.exercise("access")), client))
    address = f"{EXERCISE}/{made['request_id']}"

    answer = told(send("delete", address, pigeon.sign({"reason": "I stay"}), client))

    assert answer["status"] == "revoked"
    event = RequestEvent.objects.get(request_id=made["request_id"], kind="cancelled")
    assert event.actor == Actor.AGENT
    told(send("delete", address, pigeon.sign({"reason": "I stay"}), client), form="error", status=409)


def test_behind_a_proxy_of_ours_each_network_has_limits_of_its_own(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PROXIES = 1
    monkeypatch.setattr(views, "BY_VISITOR", Limit(name="protocol-visitor", most=1, span=HOUR))

    def call(network: str) -> int:
        path = f"/drp/v1/agent/{AGENT}"
        return int(APIClient().get(path, headers={"X-Forwarded-For": network}).status_code)

    assert [call(one) for one in ("192.0.2.1", "192.0.2.1", "192.0.2.2")] == [401, 429, 401]


def test_where_nothing_is_set_up_nothing_is_taken(pigeon: SigningAgent, settings: Any) -> None:
    settings.DRP_BUSINESSES = {}

    answer = send("post", f"/drp/v1/agent/{AGENT}", pigeon.sign(pigeon.envelope()), APIClient())

    told(answer, form="error", status=404)


def test_messages_that_are_over_are_forgotten(pigeon: SigningAgent) -> None:
    pair(pigeon)

    assert agents.forget_heard(at=timezone.now()) == 0
    assert agents.forget_heard(at=timezone.now() + timedelta(hours=1)) == 0
    assert agents.forget_heard(at=timezone.now() + timedelta(days=2)) == 1


def test_what_agents_call_requests_is_forgotten_when_requests_name_nobody(
    pigeon: SigningAgent, settings: Any
) -> None:
    client = pair(pigeon)
    open_one = told(send("post", EXERCISE, pigeon.sign(pigeon.exercise()), client))
    told(send("post", EXERCISE, pigeon.sign(pigeon.exercise("sale:opt-in")), client))

    assert forget_callers(at=timezone.now()) == 0
    assert forget_callers(at=timezone.now() + settings.REQUESTS_KEPT) == 1
    assert [str(one.pk) for one in ProtocolRequest.objects.all()] == [open_one["request_id"]]


def test_each_ground_of_a_refusal_has_a_reason() -> None:
    known = set(load_schema("drp", "status")["properties"]["reason"]["enum"])

    assert set(REASONS) == set(RefusalGround)
    assert set(REASONS.values()) <= known


@pytest.fixture
def home() -> Iterator[CalledBack]:
    with running(lambda: CalledBack("drp")) as service:
        yield service


def tell() -> list[str]:
    """Let a worker tell what is due, and return what became of it."""
    return sorted(one.name for one in sending.tell_waiting(limit=10, until=monotonic() + 60).elements())


def test_an_agent_is_told_of_what_becomes_of_a_request(
    pigeon: SigningAgent, home: CalledBack, django_user_model: Any
) -> None:
    officer = django_user_model.objects.create_user("officer")
    body = pigeon.exercise(status_callback=f"{home.url}/told")
    made = told(send("post", EXERCISE, pigeon.sign(body), pair(pigeon)))
    assert tell() == []
    request = Request.objects.get(pk=made["request_id"])
    refuse(
        request.pk,
        ground=RefusalGround.SUSPECTED_FRAUD,
        explanation="No.",
        officer_id=officer.pk,
        version=request.version,
    )

    home.plan(503)
    assert tell() == ["PUT_OFF"]
    assert tell() == []
    Callback.objects.update(next_attempt_at=None)
    assert tell() == ["TOLD"]
    assert tell() == []

    assert home.complaints == []
    assert [(one["status"], one["reason"]) for one in home.told] == [("denied", "suspected_fraud")]
    assert home.told[0]["request_id"] == made["request_id"]
    assert home.url not in str(Callback.objects.values())
    assert base64.b64encode(home.url.encode()).decode() not in str(Callback.objects.values())
