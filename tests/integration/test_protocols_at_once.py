"""The same message, or the same request, at the same moment, on real connections and with real commits."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from activation.checks.types import Scope
from consent.requests.models import HeardMessage, Request
from tests.checks_world import caller
from tests.integration.test_parallel_writers import in_parallel
from tests.protocols_world import AGENT, BUSINESS, DOMAIN, SigningAgent, make_certificate

pytestmark = pytest.mark.usefixtures("committed_database")


def test_a_message_that_comes_eight_times_at_once_counts_once(settings: Any) -> None:
    settings.DRP_BUSINESSES = {BUSINESS: "acme"}
    pigeon = SigningAgent()
    pigeon.register(is_trusted=True)
    plain = "text/plain"
    paired = APIClient().post(f"/drp/v1/agent/{AGENT}", pigeon.sign(pigeon.envelope()), content_type=plain)
    headers = {"Authorization": f"Bearer {paired.json()['token']}"}
    content = pigeon.sign(pigeon.exercise())

    def send() -> int:
        client = APIClient(headers=headers)
        return int(client.post("/drp/v1/data-rights-request", content, content_type=plain).status_code)

    assert sorted(in_parallel([send] * 8)) == [200] + [409] * 7
    assert Request.objects.count() == 1
    assert HeardMessage.objects.count() == 2


def test_a_controllers_request_that_comes_six_times_at_once_is_one(settings: Any, tmp_path: Path) -> None:
    key_file, certificate_file = make_certificate(tmp_path)
    settings.OPENDSR = {
        "domain": DOMAIN,
        "key_file": str(key_file),
        "certificate_file": str(certificate_file),
    }
    settings.OPENDSR_CONTROLLERS = {"acme-app": "acme"}
    identity = {"identity_type": "email", "identity_value": "ann@people.example", "identity_format": "raw"}
    body = {
        "regulation": "gdpr",
        "subject_request_id": str(uuid4()),
        "subject_request_type": "erasure",
        "submitted_time": "2026-11-28T12:00:00Z",
        "subject_identities": [identity],
    }
    client = caller(Scope.REQUESTS, Scope.REQUESTS_VOUCH, name="acme-app")

    answers = in_parallel([lambda: client.post("/opendsr/v2/requests", body)] * 6)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert Request.objects.count() == 1
