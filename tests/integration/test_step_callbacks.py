"""Systems that are told by a signed message, and report by a signed call-back: once, and never forged."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from standardwebhooks.webhooks import Webhook

from consent.keys import services as keys
from consent.network.errors import DeliveryFailed
from consent.requests.connectors.interface import DeclaredDataset, DeclaredSystem, SystemRefused
from consent.requests.connectors.webhook.connector import WebhookConnector, open_webhook
from consent.requests.fanning import working
from consent.requests.models import Request, SealedPart, Step, System
from consent.requests.types import Person, RequestType, StepAction, StepState, SystemKind
from consent.subjects.types import IdentifierKind
from tests.fakes.service import Asked, FakeService, Reply, running
from tests.steps_world import EMAIL, answer_elsewhere, events, make_request, make_system, plan, read_rows

pytestmark = pytest.mark.django_db

SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSBjYWxsLWJhY2tzLCAzMiBi"
OTHER = "whsec_" + "YW5vdGhlciBzeXN0ZW0ncyBvd24gc2VjcmV0IGhl"
PERSON = Person(identifiers={IdentifierKind.EMAIL: (EMAIL,)})


class Receiver(FakeService):
    """Takes messages whose signature is right."""

    report: Any = b""

    def answer(self, asked: Asked) -> Reply:
        """Say that it has the message, and what else it was told to say."""
        Webhook(SECRET).verify(asked.body, dict(asked.headers), json_parse=False)
        return Reply(200, self.report)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running(Receiver) as one:
        yield one


def declare(slug: str = "erp", secret: str = SECRET, **settings: Any) -> System:
    system = make_system(slug, kind=SystemKind.WEBHOOK, settings=settings)
    sealed = keys.seal_secret(secret, name=system.key_name)
    system.kek_version, system.wrapped, system.sealed = sealed.version, sealed.wrapped, sealed.sealed
    system.save()
    return system


def waiting_step(asked: RequestType = RequestType.ERASURE, slug: str = "erp", **settings: Any) -> Step:
    """Return a step that the receiver was told of."""
    system = System.objects.filter(slug=slug).first() or declare(slug, **settings)
    request = make_request(asked)
    plan(request)
    step = Step.objects.get(request=request, system=system, phase=1)
    Step.objects.filter(pk=step.pk).update(state=StepState.WAITING)
    return step


def call(
    step: Step | UUID,
    told: Any,
    *,
    secret: str = SECRET,
    late_by: timedelta = timedelta(0),
    tamper: bool = False,
) -> Any:
    """Call back, signed now."""
    pk = step if isinstance(step, UUID) else step.pk
    body = told if isinstance(told, str) else json.dumps({"step": str(pk), "state": "done", **told})
    at = datetime.now(UTC) + late_by
    signed = Webhook(secret).sign("msg_1", at, body)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signed,
    }
    sent = body.replace("done", "Done") if tamper else body
    return Client().post(
        f"/api/v1/steps/{pk}/callback", sent, content_type="application/json", headers=headers
    )


def state_of(step: Step) -> str:
    return Step.objects.get(pk=step.pk).state


def connect(receiver: Receiver, *datasets: DeclaredDataset) -> WebhookConnector:
    settings = {"url": f"{receiver.url}/in", "attempts": 1}
    return open_webhook(
        DeclaredSystem(slug="erp", settings=settings, secret=SECRET, datasets=datasets, allow_local=True)
    )


def test_the_message_is_signed_and_says_who_and_what_and_what_to_keep(receiver: Receiver) -> None:
    held = DeclaredDataset(name="invoices", fields=(), hold="case 7: a claim")

    outcome = connect(receiver, held).erase(PERSON, key="k1")

    (asked,) = receiver.asked
    told = asked.json()
    assert outcome.state is StepState.WAITING
    assert (told["type"], asked.headers["webhook-id"]) == ("request.erase", "step_k1")
    assert told["data"] == {
        "step": "k1",
        "action": "erase",
        "identifiers": {"email": [EMAIL]},
        "keep": [{"dataset": "invoices", "ground": "case 7: a claim"}],
    }


def test_an_answer_at_once_is_the_report(receiver: Receiver) -> None:
    receiver.report = {
        "step": "k1",
        "state": "done",
        "datasets": [{"dataset": "orders", "found": 1, "done": 1}],
        "rows": [{"dataset": "orders", "row": {"n": 1}}],
    }
    rows: list[Any] = []

    outcome = connect(receiver).collect(PERSON, lambda *row: rows.append(row), key="k1")

    assert (outcome.state, rows) == (StepState.DONE, [("orders", {"n": 1})])


@pytest.mark.parametrize(
    "report", [b"<html>", {"step": "another", "state": "done"}, {"step": "k1", "state": "waiting"}, [1]]
)
def test_an_answer_that_is_no_report_of_this_step_is_refused(receiver: Receiver, report: Any) -> None:
    receiver.report = report

    with pytest.raises(SystemRefused):
        connect(receiver).erase(PERSON, key="k1")


def test_a_receiver_in_trouble_is_told_again_later(receiver: Receiver) -> None:
    receiver.plan(503)

    with pytest.raises(DeliveryFailed):
        connect(receiver).erase(PERSON, key="k1")


def test_a_worker_tells_the_receiver_and_the_step_waits(receiver: Receiver) -> None:
    system = declare(url=f"{receiver.url}/in")
    request = make_request()
    plan(request)

    working.work(system_id=system.pk, until=float("inf"))

    step = Step.objects.get(request=request, action=StepAction.ERASE)
    assert (step.state, step.last_error) == (StepState.WAITING, "")
    told = {"datasets": [{"dataset": "orders", "found": 2, "done": 2}]}
    assert call(step, told).json() == {"taken": True, "repeated": False}
    assert (state_of(step), events(request)[-1]) == (StepState.DONE, "step_ended")


def test_the_same_call_back_twice_is_counted_once() -> None:
    step = waiting_step()

    first, again = call(step, {}), call(step, {})

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == {"taken": True, "repeated": True}
    assert events(step.request).count("step_ended") == 1


def test_another_report_of_a_step_that_has_ended_is_refused() -> None:
    step = waiting_step()
    call(step, {})

    other = call(step, {"state": "partly_done"})

    assert (other.status_code, other.json()["code"]) == (409, "answered_otherwise")
    assert state_of(step) == StepState.DONE


@pytest.mark.parametrize(
    "how",
    [{"secret": OTHER}, {"tamper": True}] + [{"late_by": timedelta(minutes=shift)} for shift in (-30, 30)],
)
def test_a_forged_or_late_call_back_is_refused_and_nothing_is_said(how: dict[str, Any]) -> None:
    step = waiting_step()

    refused, unknown = call(step, {}, **how), call(uuid4(), {})

    assert (refused.status_code, refused.json()["code"]) == (401, "callback_refused")
    assert refused.json() == unknown.json()
    assert state_of(step) == StepState.WAITING


def test_a_report_of_another_step_is_refused() -> None:
    one, other = waiting_step(), waiting_step()

    refused = call(one, json.dumps({"step": str(other.pk), "state": "done"}))

    assert (refused.status_code, refused.json()["code"]) == (400, "report_malformed")
    assert {state_of(one), state_of(other)} == {StepState.WAITING}


def test_a_system_does_not_report_for_another() -> None:
    theirs = waiting_step(slug="erp")
    declare("crm", OTHER)

    assert call(theirs, {}, secret=OTHER).status_code == 401


def test_a_step_at_a_system_that_does_not_call_back_takes_no_call_backs() -> None:
    system, request = make_system(kind=SystemKind.HTTP), make_request()
    plan(request)

    assert call(Step.objects.get(request=request, system=system, phase=1), {}).status_code == 401


@pytest.mark.parametrize(
    "told",
    [
        {"state": "waiting"},
        {"state": "failed"},
        {"unknown": 1},
        {"datasets": [{"dataset": "x", "found": -1}]},
        {"datasets": [{"dataset": "", "found": 1}]},
        {"datasets": [{"dataset": "x", "found": 1, "kept": 1}]},
        {"datasets": [{"dataset": "x", "found": 2**70}]},
        {"rows": [{"dataset": "x", "row": {}}]},  # of an erasure
        {"reference": "x" * 201},
        "not json",
        "[]",
        "",
        '{"step": 1, "step": 2}',
    ],
)
def test_a_malformed_report_is_a_400_and_changes_nothing(told: Any) -> None:
    step = waiting_step()

    refused = call(step, told)

    assert refused.status_code == 400
    assert state_of(step) == StepState.WAITING


def test_a_body_that_is_too_large_is_not_read() -> None:
    assert call(waiting_step(), " " * (10 * 1024 * 1024 + 1)).status_code == 413


def test_a_step_that_has_not_begun_is_not_ended() -> None:
    step = waiting_step()
    later = Step.objects.get(request=step.request, action=StepAction.VERIFY_GONE)

    refused = call(later, {})

    assert (refused.status_code, refused.json()["code"]) == (409, "not_possible")


def test_rows_come_sealed_with_a_call_back() -> None:
    step = waiting_step(RequestType.ACCESS)
    rows = [{"dataset": "orders", "row": {"mail": EMAIL, "n": n}} for n in range(3)]

    assert call(step, {"rows": rows}).status_code == 200

    step.refresh_from_db()
    assert (step.state, step.found, step.done, step.parts) == (StepState.DONE, 3, 3, 1)
    assert [row["n"] for _, row in read_rows(step)] == [0, 1, 2]
    assert not any(EMAIL.encode() in bytes(part.content) for part in SealedPart.objects.all())
    answer_elsewhere(Request.objects.get(pk=step.request_id))
