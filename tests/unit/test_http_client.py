"""The plain HTTP client: whatever is not a whole answer is a deny, and nothing is raised."""

import json
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from threading import Event
from typing import Any

import httpx2
import pytest

from activation.client import Answer, HttpClient
from activation.client.loop import LONGEST_PAUSE, pause_after

ALLOWED: dict[str, Any] = {
    "effect": "allow",
    "reason": "granted",
    "valid_until": "2027-01-01T00:00:00Z",
    "obligations": [{"kind": "mask", "field": "email", "value": "sha256"}],
}
WHOLE: dict[str, Any] = {"results": [ALLOWED], "summary": {}, "watermark": 7, "historic": False}
URL = "https://consent.example"
ANNA = ("email", "anna@customers.example")


def ask(answer: Callable[[httpx2.Request], httpx2.Response], **given: Any) -> Answer:
    """Return the client's answer where the service answers so."""
    given = {"honours": {"mask"}} | given
    with HttpClient(
        "https://consent.example", "acc_key", transport=httpx2.MockTransport(answer), **given
    ) as client:
        return client.check(ANNA, "marketing.email", "mailer")


def whole(**changes: Any) -> httpx2.Response:
    """Return a whole answer with changes to its only result; what is changed to None is left out."""
    body = deepcopy(WHOLE)
    for name, value in changes.items():
        if value is None:
            del body["results"][0][name]
        else:
            body["results"][0][name] = value
    return httpx2.Response(200, json=body)


def test_a_whole_answer_is_taken() -> None:
    answer = ask(lambda _: whole())

    assert answer
    assert (answer.reason, answer.watermark, str(answer.valid_until)) == (
        "granted",
        7,
        "2027-01-01 00:00:00+00:00",
    )
    assert [one.field for one in answer.obligations] == ["email"]


def test_the_key_goes_with_the_question_and_people_are_in_the_body_only() -> None:
    seen: list[httpx2.Request] = []

    def note(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return whole()

    ask(note)

    [request] = seen
    assert (request.method, request.url.path, request.url.query) == ("POST", "/api/v1/checks", b"")
    assert request.headers["authorization"] == "Bearer acc_key"
    assert json.loads(request.content)["subjects"] == [{"type": "email", "id": ANNA[1]}]


@pytest.mark.parametrize(
    "response",
    [
        httpx2.Response(500),
        httpx2.Response(302, headers={"Location": "https://elsewhere.example/"}),
        httpx2.Response(204),
        httpx2.Response(200),
        httpx2.Response(200, content=b"{"),
        httpx2.Response(200, content=b"[]"),
        httpx2.Response(200, content=b"\xff"),
        httpx2.Response(201, json=WHOLE),
        httpx2.Response(200, json={**WHOLE, "results": []}),
        httpx2.Response(200, json={**WHOLE, "results": [ALLOWED, ALLOWED]}),
        httpx2.Response(200, json={**WHOLE, "results": {"0": ALLOWED}}),
        httpx2.Response(200, json={**WHOLE, "results": ["allow"]}),
        httpx2.Response(200, json={**WHOLE, "historic": True}),
        httpx2.Response(200, json={**WHOLE, "advisory": True}),
        httpx2.Response(200, json={**WHOLE, "watermark": "7"}),
        httpx2.Response(200, content=json.dumps(WHOLE).encode()[:-1] + b',"historic":false}'),
        whole(effect="Allow"),
        whole(effect=True),
        whole(effect=None),
        whole(reason=None),
        whole(reason=["granted"]),
        whole(obligations=None),
        whole(obligations="none"),
        whole(obligations=[{"kind": "mask"}]),
        whole(obligations=[{"kind": "mask", "field": "email", "value": 1}]),
        whole(valid_until="tomorrow"),
        whole(advisory=True),
        httpx2.Response(200, headers={"Content-Length": "9"}, content=b"{}"),
    ],
)
def test_what_is_no_whole_answer_is_a_deny(response: httpx2.Response) -> None:
    answer = ask(lambda _: response)

    assert (answer.allowed, answer.reason) == (False, "state_unavailable")


@pytest.mark.parametrize(
    "error", [httpx2.ConnectError(""), httpx2.ReadTimeout(""), httpx2.RemoteProtocolError(""), OSError()]
)
def test_a_broken_line_is_a_deny(error: Exception) -> None:
    def fail(_: httpx2.Request) -> httpx2.Response:
        raise error

    assert ask(fail).reason == "state_unavailable"


def test_a_defect_of_the_client_is_a_deny_too() -> None:
    assert not ask(lambda _: 1 / 0)  # type: ignore[arg-type,return-value]  # a defect


def test_a_refused_question_tells_the_services_code() -> None:
    problem = {"status": 400, "code": "controller_missing"}

    assert ask(lambda _: httpx2.Response(400, json=problem)).reason == "controller_missing"


def test_an_obligation_that_is_not_honoured_is_a_deny() -> None:
    assert ask(lambda _: whole(), honours={"drop"}).reason == "obligations_not_honoured"
    assert ask(lambda _: whole(obligations=[]), honours=())


@pytest.fixture
def never() -> Iterator[Event]:
    event = Event()
    yield event
    event.set()


def test_a_service_that_hangs_is_waited_for_no_longer_than_said(never: Event) -> None:
    def hang(_: httpx2.Request) -> httpx2.Response:
        never.wait(20)
        return whole()

    started = time.monotonic()
    answer = ask(hang, timeout=0.05)

    assert (answer.allowed, answer.reason) == (False, "state_unavailable")
    assert time.monotonic() - started < 10


def test_one_question_too_many_at_a_time_is_denied(never: Event) -> None:
    def hang(_: httpx2.Request) -> httpx2.Response:
        never.wait(20)
        return whole()

    transport = httpx2.MockTransport(hang)
    with HttpClient(
        "https://consent.example", "k", transport=transport, timeout=0.05, concurrency=1
    ) as client:
        first, second = (client.check(ANNA, "marketing.email", "mailer") for _ in range(2))

    assert not first
    assert not second


def test_many_are_asked_in_parts_and_a_failed_part_denies_all() -> None:
    sizes: list[int] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        count = len(json.loads(request.content)["subjects"])
        sizes.append(count)
        return httpx2.Response(200 if count > 1 else 500, json={**WHOLE, "results": [ALLOWED] * count})

    transport = httpx2.MockTransport(answer)
    with HttpClient(
        "https://consent.example", "k", transport=transport, timeout=10, honours=["mask"]
    ) as client:
        whole_part = client.check_many([ANNA] * 10_000, "marketing.email", "mailer")
        failed = client.check_many([ANNA] * 10_001, "marketing.email", "mailer")

    assert sizes == [10_000, 10_000, 1]
    assert (len(whole_part), all(whole_part)) == (10_000, True)
    assert (len(failed), any(failed)) == (10_001, False)


def test_an_answer_shows_nothing_of_the_person() -> None:
    assert repr(ask(lambda _: whole())) == "Answer(allowed=True, reason='granted', source='service')"


def test_the_pause_grows_with_failures_up_to_a_bound_and_is_spread() -> None:
    pauses = [pause_after(failures, every=1, chance=1) for failures in range(12)]

    assert pauses[1:] == sorted(pauses[1:])
    assert pauses[-1] == LONGEST_PAUSE
    assert pause_after(0, every=1, chance=0) == pytest.approx(0.8)
    assert pause_after(20, every=1, chance=0) == LONGEST_PAUSE / 2
