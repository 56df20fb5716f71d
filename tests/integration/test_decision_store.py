"""The store answers as PostgreSQL does, after everything that can happen to people, policies and keys."""

import json
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from activation.checks import services
from activation.checks.types import Scope
from activation.destinations.services import resume_destination, suspend_destination
from tests.enforcement_world import (
    BRITON,
    GERMAN,
    QUESTION,
    REFUSED,
    STRANGER,
    WITHDRAWN,
    make_world,
    record_choices,
)
from tests.store_world import StoreWorld, head_of, read_response, store_world

pytestmark = pytest.mark.django_db
EVERYBODY = (GERMAN, BRITON, WITHDRAWN, REFUSED, STRANGER)


def make_key(*scopes: Scope, name: str = "tool") -> str:
    return services.create_key(name=name, scopes=scopes, valid_for=timedelta(hours=1), at=timezone.now())


def evaluation(customer: str) -> dict[str, Any]:
    return {
        "subject": {"type": "customer_id", "id": customer},
        "action": {"name": QUESTION["purpose"]},
        "resource": {"type": "destination", "id": QUESTION["destination"]},
    }


class Both:
    """Asks the store and the views the same, and returns what both say."""

    def __init__(self, world: StoreWorld, key: str) -> None:
        self.world, self.key = world, key
        self.application = world.application(views=_never)

    def ask(self, path: str, body: dict[str, Any]) -> Any:
        answer = self.application.answer(head_of(path, self.key), json.dumps(body).encode())
        assert isinstance(answer, bytes), "the store left it to the reference"
        status, _, ours = read_response(answer)
        theirs = APIClient(headers={"Authorization": f"Bearer {self.key}"}).post(path, body)
        assert (status, ours) == (theirs.status_code, theirs.json())
        return ours

    def reasons(self) -> list[str]:
        """Return the reason for each customer, one by one; the batch must say the same."""
        single = [
            self.ask("/access/v1/evaluation", evaluation(one))["context"]["reason"] for one in EVERYBODY
        ]
        batch = self.ask(
            "/api/v1/checks",
            {
                "purpose": QUESTION["purpose"],
                "destination": QUESTION["destination"],
                "subjects": [{"type": "customer_id", "id": one} for one in EVERYBODY],
            },
        )
        assert [one["reason"] for one in batch["results"]] == single
        return single


def _never(*_: object) -> Any:
    raise AssertionError("the reference was asked")


@pytest.fixture
def world(tmp_path: Path) -> Any:
    make_world()
    key = make_key(Scope.CHECK, Scope.EXPLAIN)
    with store_world(tmp_path, monotonic=count(10**12, 10_000).__next__) as made:
        yield Both(made, key)


def test_everybody_is_answered_alike(world: Both) -> None:
    assert world.reasons() == ["granted", "granted", "withdrawn", "refused", "subject_unknown"]


def test_what_happens_to_people_reaches_the_store(world: Both) -> None:
    record_choices(GERMAN, "DE", "withdrawn")
    record_choices(REFUSED, "DE", "granted")
    record_choices(STRANGER, "DE", "granted")
    world.world.catch_up()

    assert world.reasons() == ["withdrawn", "granted", "withdrawn", "refused", "granted"]


def test_a_suspended_destination_and_its_return_reach_the_store(world: Both) -> None:
    suspend_destination(slug="ads", reason="audit", changed_by="officer", at=timezone.now())
    world.world.catch_up()
    suspended = world.reasons()
    resume_destination(slug="ads", reason="done", changed_by="officer", at=timezone.now())
    world.world.catch_up()

    assert set(suspended) == {"destination_suspended"}
    assert world.reasons()[0] == "granted"


def test_metrics_tell_how_fresh_the_store_is_and_what_was_left_to_the_views(world: Both) -> None:
    world.reasons()
    [figures] = world.application.collectors
    told = {sample.name: sample.value for family in figures.collect() for sample in family.samples}

    assert 0 <= told["accordant_check_store_age_seconds"] < 30
    assert told["accordant_check_store_watermark"] > 0
    assert told["accordant_check_reference_asked_total"] == 0
