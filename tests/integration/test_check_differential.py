"""Random questions about random people: the store, the views and the engine give the same answers."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from activation.checks import services
from activation.checks.answering.application import CheckApplication
from activation.checks.types import Scope
from activation.decisions.engine import decide
from activation.snapshots.compact.times import to_micros
from activation.snapshots.queries import open_snapshot
from consent.kernel.errors import AccordantError
from consent.ledger.queries import get_time
from consent.policies.document.reading import read_yaml
from consent.policies.packs import read_pack
from tests.differential_people import Crowd
from tests.differential_questions import Questions, Request
from tests.enforcement_world import publish_policy
from tests.policy_documents import RETAILER
from tests.store_world import StoreWorld, head_of, read_response, store_world

pytestmark = pytest.mark.django_db
POLICIES = {
    "retailer": RETAILER.read_text(encoding="utf-8"),
    "publisher": read_pack("publisher"),
    "saas": read_pack("saas"),
}
SCOPES = [
    (Scope.CHECK,),
    (Scope.CHECK, Scope.EXPLAIN),
    (Scope.CHECK, Scope.SHADOW),
    (Scope.CHECK, Scope.EXPLAIN, Scope.SHADOW),
    (Scope.REQUESTS,),
]
ROUNDS = 4
LATER = (timedelta(0), timedelta(days=25), timedelta(days=400))
SECOND = 1_000_000_000


@dataclass
class Comparison:
    """Asks all three, and counts."""

    world: StoreWorld
    application: CheckApplication
    keys: list[str]
    now: datetime
    asked: int = 0
    left: int = 0
    """Requests that the store leaves to the views: nothing is compared there, for they answer."""
    reasons: Counter[str] = field(default_factory=Counter)

    def compare(self, request: Request, key: int) -> str:
        """Return how the answers differ; empty if they do not."""
        self.asked += request.count
        body = json.dumps(request.body).encode()
        answer = self.application.answer(head_of(request.path, self.keys[key]), body)
        if not isinstance(answer, bytes):
            answer.close()  # type: ignore[attr-defined]
            self.left += request.count
            return ""
        client = APIClient(headers={"Authorization": f"Bearer {self.keys[key]}"})
        theirs = client.post(request.path, request.body)
        status, _, ours = read_response(answer)
        if (status, ours) != (theirs.status_code, theirs.json()):
            return f"{request}\n{status} {ours}\nis not\n{theirs.status_code} {theirs.json()}"
        if status != 200:
            return ""
        if answer.partition(b"\r\n\r\n")[2] != theirs.content:
            return f"the same answer in other bytes: {request}"
        return self._compare_with_engine(request, ours, key)

    def _compare_with_engine(self, request: Request, ours: Any, key: int) -> str:
        if (
            request.asked is None
            or Scope.EXPLAIN not in SCOPES[key]
            or request.body.get("context", {}).get("shadow")
        ):
            return ""
        identifier, question = request.asked
        at = timezone.now()
        with open_snapshot(at=at) as snapshot:
            try:
                [state] = snapshot.load_states([[identifier]])
            except AccordantError:
                return ""
        decision = decide(snapshot.policy, snapshot.register, state, question, at)
        self.reasons[decision.reason.value] += 1
        told = (ours["decision"], ours["context"]["reason"])
        wanted = (decision.effect == "allow", decision.reason.value)
        return "" if told == wanted else f"{request}\n{told}\nis not what the engine says:\n{wanted}"


def differences(
    policy: str, tmp_path: Path, *, people: int, questions: int, seed: int
) -> Iterator[Comparison | str]:
    """Yield each difference, and in the end the comparison."""
    text = POLICIES[policy]
    publish_policy(text)
    now = timezone.now()
    crowd = Crowd(read_yaml(text), seed=seed, now=now)
    crowd.register()
    crowd.arrive(people)
    keys = [
        services.create_key(name=f"tool{number}", scopes=scopes, valid_for=timedelta(days=500), at=now)
        for number, scopes in enumerate(SCOPES)
    ]
    clock = [SECOND]
    with store_world(tmp_path, monotonic=lambda: clock[0]) as world:
        application = world.application(
            views=lambda *_: pytest.fail("the views are asked beside it"),
            micros=lambda: to_micros(timezone.now()),
        )
        comparison = Comparison(world, application, keys, now)
        ask = Questions(crowd, seed=seed, now=now)
        for _ in range(ROUNDS):
            crowd.happen(people // 2)
            clock[0] += SECOND
            world.catch_up()
            present = get_time()
            for later in LATER:
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(timezone, "now", lambda moment=present + later: moment)
                    until = comparison.asked + questions // (ROUNDS * len(LATER))
                    while comparison.asked < until:
                        request = ask.request(is_now=not later)
                        found = comparison.compare(request, ask.draw.choice([0, 1, 1, 1, 2, 3, 4]))
                        if found:
                            yield f"{found}\nat {timezone.now()}"
    yield comparison


def assert_alike(policy: str, tmp_path: Path, **sizes: int) -> None:
    found = next(one for one in differences(policy, tmp_path, **sizes))
    assert isinstance(found, Comparison), found
    assert found.left < found.asked / 2
    assert len(found.reasons) > 8


@pytest.mark.parametrize("policy", POLICIES)
def test_two_thousand_random_questions_are_answered_alike(policy: str, tmp_path: Path) -> None:
    assert_alike(policy, tmp_path, people=40, questions=2_000 // len(POLICIES), seed=5)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("policy", POLICIES)
def test_a_hundred_thousand_random_questions_are_answered_alike(
    policy: str, seed: int, tmp_path: Path
) -> None:
    assert_alike(policy, tmp_path, people=200, questions=100_000 // (10 * len(POLICIES)), seed=seed)
