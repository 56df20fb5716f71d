"""OpenDSR from a controller's side: requests passed on, followed, cancelled, and told of, all signed."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

import jsonschema
import pytest
from cryptography import x509
from django.utils import timezone
from rest_framework.test import APIClient

from activation.checks.types import Scope
from consent.requests.connectors.opendsr.signatures import check_answer
from consent.requests.intake.deciding import refuse
from consent.requests.models import Callback, ProtocolRequest, Request, Step
from consent.requests.protocols.callbacks import sending
from consent.requests.protocols.opendsr.signing import sign_headers
from consent.requests.protocols.opendsr.statuses import STATUSES
from consent.requests.protocols.schemas import load_schema
from consent.requests.types import Channel, RefusalGround, RequestState, StepState, SystemKind
from tests.checks_world import caller
from tests.fakes.caller import CalledBack
from tests.fakes.service import running
from tests.protocols_world import DOMAIN, make_certificate
from tests.steps_world import make_request, make_system, plan

pytestmark = pytest.mark.django_db
V2, V1 = "/opendsr/v2/requests", "/opengdpr/v1/opengdpr_requests"


@pytest.fixture(autouse=True)
def certificate(settings: Any, tmp_path: Path) -> bytes:
    key_file, certificate_file = make_certificate(tmp_path)
    settings.OPENDSR = {
        "domain": DOMAIN,
        "key_file": str(key_file),
        "certificate_file": str(certificate_file),
    }
    settings.OPENDSR_CONTROLLERS = {"acme-app": "acme", "other-app": "acme"}
    return certificate_file.read_bytes()


def controller(*scopes: Scope, name: str = "acme-app") -> APIClient:
    return caller(Scope.REQUESTS, *scopes, name=name)


def written(**changes: Any) -> dict[str, Any]:
    identity = {"identity_type": "email", "identity_value": "ann@people.example", "identity_format": "raw"}
    return {
        "regulation": "gdpr",
        "subject_request_id": str(uuid4()),
        "subject_request_type": "erasure",
        "submitted_time": "2026-11-28T12:00:00Z",
        "subject_identities": [identity],
        "api_version": "2.0",
        **changes,
    }


def told(answer: Any, form: str, *, status: int, certificate: bytes) -> dict[str, Any]:
    """Return what was answered, in the protocol's form, once its signature holds under both names."""
    assert answer.status_code == status, answer.content
    headers = {name.lower(): value for name, value in answer.headers.items()}
    old = {name: value for name, value in headers.items() if "opendsr" not in name}
    for named in (headers, old):
        check_answer(
            answer.content,
            named,
            certificate=x509.load_pem_x509_certificate(certificate),
            domain=DOMAIN,
            at=timezone.now(),
        )
    body: dict[str, Any] = answer.json()
    jsonschema.validate(body, load_schema("opendsr", form))
    return body


def refused(answer: Any, *, status: int = 400) -> str:
    """Return why, as the protocol's error object tells it."""
    assert answer.status_code == status, answer.content
    error = answer.json()["error"]
    assert error["code"] == status
    assert "ann@" not in answer.content.decode()
    return str(error["errors"][0]["reason"])


@pytest.mark.parametrize("path", [V2, V1])
def test_a_request_is_passed_on_once_and_followed(path: str, certificate: bytes) -> None:
    client, body = controller(Scope.REQUESTS_VOUCH), written()
    if path == V1:
        del body["regulation"]
    first, again = (client.post(path, body) for _ in range(2))

    made = told(first, "created", status=201, certificate=certificate)
    assert told(again, "created", status=201, certificate=certificate) == made
    assert json.loads(base64.b64decode(made["encoded_request"])) == body
    request = Request.objects.get()
    assert (request.channel, request.state) == (Channel.OPENDSR, RequestState.IN_PROGRESS)
    status = told(
        client.get(f"{path}/{body['subject_request_id']}"), "status", status=200, certificate=certificate
    )
    assert (status["request_status"], status["controller_id"]) == ("in_progress", "acme")
    assert "ann@" not in str(ProtocolRequest.objects.values())


def test_the_same_id_with_other_words_is_refused(certificate: bytes) -> None:
    client, body = controller(), written()
    told(client.post(V2, body), "created", status=201, certificate=certificate)

    assert refused(client.post(V2, {**body, "subject_request_type": "access"})) == "request_id_reused"
    assert Request.objects.count() == 1


def test_who_may_not_vouch_has_the_person_asked_and_may_cancel_while_it_waits(certificate: bytes) -> None:
    client, body = controller(), written()
    client.post(V2, body)
    address = f"{V2}/{body['subject_request_id']}"
    status = told(client.get(address), "status", status=200, certificate=certificate)
    assert status["request_status"] == "pending"

    answer = client.delete(address)

    assert answer.status_code == 202
    assert answer.json()["subject_request_id"] == body["subject_request_id"]
    status = told(client.get(address), "status", status=200, certificate=certificate)
    assert status["request_status"] == "cancelled"
    assert refused(client.delete(address)) == "not_pending"


def test_what_has_begun_is_not_cancelled() -> None:
    client, body = controller(Scope.REQUESTS_VOUCH), written()
    client.post(V2, body)

    assert refused(client.delete(f"{V2}/{body['subject_request_id']}")) == "not_pending"


def _identity(type: str, form: str) -> dict[str, Any]:  # noqa: A002 - the protocol's word
    one = {"identity_type": type, "identity_value": "0" * 64, "identity_format": form}
    return {"subject_identities": [one]}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (_identity("email", "md5"), "identity_unsupported"),
        (_identity("email", "sha1"), "identity_unsupported"),
        (_identity("android_id", "sha256"), "identity_unsupported"),
        (_identity("fax", "raw"), "message_malformed"),
        ({"subject_identities": []}, "message_malformed"),
        ({"subject_request_type": "rectification"}, "message_malformed"),
        ({"subject_request_id": "7"}, "message_malformed"),
        ({"regulation": None}, "message_malformed"),
        ({"submitted_time": "yesterday"}, "message_malformed"),
    ],
)
def test_what_cannot_be_taken_is_told_in_the_protocols_form(changes: dict[str, Any], reason: str) -> None:
    assert refused(controller().post(V2, written(**changes))) == reason
    assert not Request.objects.exists()


def test_an_extension_alone_names_nobody_whom_we_know() -> None:
    body = written(extensions={"other.example": {"id": 7}})
    del body["subject_identities"]

    assert refused(controller().post(V2, body)) == "identity_unsupported"


def test_a_call_back_to_where_nobody_may_be_called_is_refused(settings: Any) -> None:
    settings.ALLOW_LOCAL_DESTINATIONS = False
    answer = controller().post(V2, written(status_callback_urls=["http://127.0.0.1/x"]))

    assert refused(answer, status=409) == "address_refused"
    assert not Request.objects.exists()


def test_each_controller_sees_its_own_requests_only() -> None:
    body = written()
    controller().post(V2, body)
    address = f"{V2}/{body['subject_request_id']}"

    other = controller(name="other-app")
    assert refused(other.get(address), status=404) == "request_not_found"
    assert refused(other.delete(address), status=404) == "request_not_found"
    stranger = controller(name="stranger")
    assert refused(stranger.post(V2, written()), status=403) == "controller_not_mapped"
    assert APIClient().post(V2, written()).status_code == 401
    assert caller(Scope.CHECK, name="acme-app-2").post(V2, written()).status_code == 403


def test_everybody_may_read_what_we_take_and_our_certificate(certificate: bytes) -> None:
    found = told(APIClient().get("/opendsr/v2/discovery"), "discovery", status=200, certificate=certificate)

    assert found["supported_subject_request_types"] == ["access", "portability", "erasure"]
    assert {"identity_type": "email", "identity_format": "sha256"} in found["supported_identities"]
    path = found["processor_certificate"].removeprefix("http://testserver")
    assert APIClient().get(path).content == certificate


def test_without_a_certificate_nothing_is_taken(settings: Any) -> None:
    settings.OPENDSR = {**settings.OPENDSR, "certificate_file": ""}

    assert refused(controller().post(V2, written()), status=404) == "opendsr_closed"
    assert refused(APIClient().get("/opendsr/v2/discovery"), status=404) == "opendsr_closed"


def test_every_state_has_a_status() -> None:
    assert set(STATUSES) == set(RequestState)
    known = load_schema("opendsr", "status")["properties"]["request_status"]["enum"]
    assert set(STATUSES.values()) == set(known)


@pytest.fixture
def home(certificate: bytes) -> Iterator[CalledBack]:
    with running(lambda: CalledBack("opendsr", certificate=certificate)) as service:
        yield service


def test_each_address_is_told_signed_and_once(home: CalledBack, django_user_model: Any) -> None:
    officer = django_user_model.objects.create_user("officer")
    urls = [f"{home.url}/told", f"{home.url}/told?second=1"]
    body = written(status_callback_urls=urls)
    controller().post(V2, body)
    request = Request.objects.get()
    refuse(
        request.pk,
        ground=RefusalGround.OTHER,
        explanation="No.",
        officer_id=officer.pk,
        version=request.version,
    )

    for _ in range(2):
        sending.tell_waiting(limit=10, until=monotonic() + 60)

    assert home.complaints == []
    assert sorted(str(one["status_callback_url"]) for one in home.told) == urls
    assert {one["request_status"] for one in home.told} == {"cancelled"}
    assert not Callback.objects.waiting().exists()


def call_back(step: Step, content: bytes, headers: dict[str, str]) -> Any:
    path = f"/opendsr/v2/callbacks/{step.pk}"
    return APIClient().post(path, content, content_type="application/json", headers=headers)


def waiting_step(certificate: bytes) -> Step:
    """Return a step that a processor has, and that is asked about again in a while."""
    declared = {"url": "https://processor.example/v2", "domain": DOMAIN, "certificate": certificate.decode()}
    system = make_system("vendor", kind=SystemKind.OPENDSR, settings=declared)
    [step, *_] = [one for one in plan(make_request()) if one.system == system]
    Step.objects.filter(pk=step.pk).update(
        state=StepState.READY, reference=str(step.pk), next_attempt_at=timezone.now() + timedelta(hours=1)
    )
    step.refresh_from_db()
    return step


def signed(step_id: object) -> tuple[bytes, dict[str, str]]:
    content = json.dumps(
        {
            "controller_id": "us",
            "expected_completion_time": "2026-12-29T12:00:00Z",
            "status_callback_url": "https://us.example/x",
            "subject_request_id": str(step_id),
            "request_status": "completed",
        }
    ).encode()
    return content, sign_headers(content)


def test_a_processors_signed_call_back_has_it_asked_at_once_and_is_not_taken_for_the_answer(
    certificate: bytes,
) -> None:
    step = waiting_step(certificate)

    assert call_back(step, *signed(step.pk)).status_code == 200

    step.refresh_from_db()
    assert step.next_attempt_at is None
    assert step.state == StepState.READY


def test_a_call_back_that_is_not_the_processors_changes_nothing(certificate: bytes) -> None:
    step = waiting_step(certificate)
    content, headers = signed(step.pk)

    for answer in (
        call_back(step, content + b" ", headers),
        call_back(step, content, {}),
        call_back(step, *signed(uuid4())),
        call_back(Step(pk=uuid4()), content, headers),
    ):
        assert refused(answer, status=403) == "callback_refused"
    before = step.next_attempt_at
    step.refresh_from_db()
    assert step.next_attempt_at == before
