"""A write that is sent again under its key happens once, and is answered as it was."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone
from rest_framework.test import APIClient

from consent.records import services, tasks
from consent.records.models import ConsentRecord, IdempotentAnswer
from tests.integration.test_consents_api import ShopKey
from tests.records_world import make_choice, make_row, publish_policy

pytestmark = [pytest.mark.django_db, pytest.mark.urls("consent.records.api.urls")]
TOGETHER = 8


def send(row: Any, key: str, caller: str = "shop") -> Any:
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(ShopKey(name=caller))  # type: ignore[arg-type]  # callers are no users
    return client.post(
        "/consents",
        json.dumps(row).encode(),
        content_type="application/json",
        headers={"Idempotency-Key": key},
    )


@pytest.fixture
def _policy(db: None) -> None:
    publish_policy()


@pytest.mark.usefixtures("_policy")
def test_the_same_key_and_body_are_answered_alike_and_written_once() -> None:
    first, again = send(make_row(), "k1"), send(make_row(), "k1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert ConsentRecord.objects.count() == 1


@pytest.mark.usefixtures("_policy")
def test_the_order_of_names_in_the_body_does_not_matter() -> None:
    row = make_row()
    send(row, "k1")

    again = send(dict(reversed(row.items())), "k1")

    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.usefixtures("_policy")
def test_the_same_key_with_another_body_is_refused_and_writes_nothing() -> None:
    send(make_row(), "k1")

    refused = send(make_row(choices=[make_choice(choice="refused")]), "k1")

    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert ConsentRecord.objects.count() == 1


@pytest.mark.usefixtures("_policy")
def test_keys_belong_to_their_callers() -> None:
    send(make_row(), "k1")

    other = send(make_row(), "k1", caller="till")

    assert "Idempotent-Replayed" not in other.headers
    assert ConsentRecord.objects.count() == 2


@pytest.mark.usefixtures("_policy")
def test_a_write_that_failed_may_be_sent_again_mended_under_its_key() -> None:
    broken = send(make_row(choices=[make_choice(purpose="undeclared")]), "k1")
    mended = send(make_row(), "k1")

    assert (broken.status_code, mended.status_code) == (400, 201)
    assert IdempotentAnswer.objects.count() == 1


@pytest.mark.usefixtures("_policy")
@pytest.mark.parametrize("key", ["", "a b", "k" * 256])
def test_what_is_no_key_is_refused(key: str) -> None:
    refused = send(make_row(), key)

    assert (refused.status_code, refused.json()["code"]) == (400, "malformed_idempotency_key")
    assert not ConsentRecord.objects.exists()


@pytest.mark.usefixtures("committed_database")
def test_of_many_at_once_under_one_key_one_writes() -> None:
    publish_policy()

    def send_alone(_: int) -> Any:
        try:
            return send(make_row(), "k1").json()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(TOGETHER) as pool:
        answers = list(pool.map(send_alone, range(TOGETHER)))

    assert all(answer == answers[0] for answer in answers)
    assert ConsentRecord.objects.count() == 1


@pytest.mark.usefixtures("_policy")
def test_answers_past_their_time_are_forgotten_and_younger_ones_kept() -> None:
    for key in ("old", "older", "young"):
        send(make_row(), key)
    now = timezone.now()
    kept = settings.IDEMPOTENT_ANSWERS_KEPT
    for key, age in {"old": kept + timedelta(seconds=9), "older": 2 * kept, "young": kept / 2}.items():
        IdempotentAnswer.objects.filter(key=key).update(answered_at=now - age)

    assert tasks.forget_answers(not_yet_known=1) == 2
    assert tasks.forget_answers() == 0

    assert list(IdempotentAnswer.objects.values_list("key", flat=True)) == ["young"]
    assert ConsentRecord.objects.count() == 3


@pytest.mark.usefixtures("_policy")
def test_many_answers_are_forgotten_a_part_at_a_time() -> None:
    for key in ("a", "b", "c"):
        send(make_row(), key)
    later = timezone.now() + 2 * settings.IDEMPOTENT_ANSWERS_KEPT

    assert [services.forget_answers(at=later, limit=2) for _ in range(3)] == [2, 1, 0]
