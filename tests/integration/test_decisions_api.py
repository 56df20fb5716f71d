"""`GET /api/v1/decisions/{id}`: an explained answer, made anew to the same bytes, or not at all."""

import json
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from activation.checks.api import evaluation
from activation.checks.models import ExplainedDecision
from activation.checks.types import Scope
from activation.destinations.services import resume_destination, suspend_destination
from consent.keys import services as keys
from consent.policies import services as policies
from consent.subjects import services as subjects
from consent.subjects.queries import find_subjects
from consent.subjects.types import SubjectRef
from tests.checks_world import CHECKS, EVALUATION, EVALUATIONS, batch, caller, consent, question
from tests.enforcement_world import (
    BRITON,
    GERMAN,
    POLICY,
    REFUSED,
    STRANGER,
    WITHDRAWN,
    make_world,
    publish_policy,
)
from tests.policy_officers import approve, make_officer, submit
from tests.subjects_world import cookie, customer

pytestmark = pytest.mark.django_db
EXPLAIN = {"explain": True}


@pytest.fixture(autouse=True)
def _world() -> None:
    make_world()


@pytest.fixture
def client() -> APIClient:
    return caller(Scope.CHECK, Scope.EXPLAIN, Scope.CONSENTS_WRITE)


def ask(client: APIClient, who: str = GERMAN, **changes: Any) -> bytes:
    """Return the bytes of an explained answer about `who`."""
    answer = client.post(EVALUATION, question(who, context=EXPLAIN | changes.pop("context", {}), **changes))
    assert answer.status_code == 200, answer.content
    return bytes(answer.content)


def replay(client: APIClient, answer: bytes) -> Any:
    """Ask for an explained answer again."""
    return client.get(f"/api/v1/decisions/{json.loads(answer)['context']['decision_id']}")


def ref_of(number: str) -> SubjectRef:
    [[ref]] = find_subjects([[customer(number)]])
    return ref


def publish_next(text: str, *, effective_at: datetime | None = None) -> None:
    """Publish the next version, in force now or later."""
    at = timezone.now()
    draft = policies.import_policy(text=text, author_id=make_officer("author").pk, at=at)
    submit(draft)
    approve(draft, by="approver")
    policies.publish(version_id=draft.version_id, effective_at=effective_at or at, at=at)


@pytest.mark.parametrize("who", [GERMAN, BRITON, WITHDRAWN, REFUSED, STRANGER])
def test_an_explained_answer_is_given_again_to_the_same_bytes(client: APIClient, who: str) -> None:
    answer = ask(client, who)

    again = replay(client, answer)

    assert (again.status_code, again.headers["Content-Type"]) == (200, "application/json")
    assert again.content == answer


def test_it_names_the_record_that_decided(client: APIClient) -> None:
    context = json.loads(ask(client, WITHDRAWN))["context"]

    assert context["record_id"].startswith("rec_")
    assert context["decision_id"].startswith("dec_")


def test_nothing_is_kept_of_an_answer_that_nobody_asked_to_be_explained(client: APIClient) -> None:
    client.post(EVALUATION, question())
    client.post(EVALUATION, question(context={"explain": False}))
    caller(Scope.CHECK, name="plain").post(EVALUATION, question(context=EXPLAIN))

    assert not ExplainedDecision.objects.exists()


def test_an_explained_answer_takes_the_scope(client: APIClient) -> None:
    answer, plain = ask(client), caller(Scope.CHECK, name="plain")

    refused = plain.post(EVALUATION, question(context=EXPLAIN))

    assert (refused.status_code, refused.json()["code"]) == (403, "explain_not_permitted")
    assert replay(plain, answer).status_code == 403
    assert replay(APIClient(), answer).status_code == 401


LATER: dict[str, Any] = {
    "a withdrawal": lambda client: client.post("/api/v1/consents", consent(GERMAN, "withdrawn")),
    "a second yes": lambda client: client.post(
        "/api/v1/consents",
        consent(GERMAN, "granted", controller="shop", notice="privacy", notice_version=1, method="checkbox"),
    ),
    "a move": lambda client: client.post(
        "/api/v1/consents",
        {
            "identifiers": [{"kind": "customer_id", "value": GERMAN}],
            "facts": [{"name": "residence", "value": "GB"}],
        },
    ),
    "a policy": lambda _: publish_next(POLICY.replace("basis: consent", "basis: opt_out")),
    "a policy to come": lambda _: publish_next(
        POLICY.replace("title: Ads", "title: Advertising"), effective_at=timezone.now() + timedelta(days=9)
    ),
    "a suspension": lambda _: suspend_destination(
        slug="ads", reason="breach", changed_by="officer", at=timezone.now()
    ),
    "a link": lambda client: client.post(
        "/api/v1/consents",
        consent(GERMAN, "shown")
        | {
            "identifiers": [
                {"kind": "customer_id", "value": GERMAN},
                {"kind": "cookie_id", "value": "shared"},
            ]
        },
    ),
}
"""What may happen after an answer, and changes what the same question is answered with now, or may."""


@pytest.mark.parametrize("happen", LATER.values(), ids=list(LATER))
def test_what_happens_later_changes_nothing_about_it(client: APIClient, happen: Any) -> None:
    answer = ask(client)

    happened = happen(client)

    assert happened is None or happened.status_code == 201, happened.content
    assert replay(client, answer).content == answer


@pytest.mark.parametrize("kind", ["a withdrawal", "a move"])
def test_what_was_being_written_while_it_was_given_changes_nothing_about_it(
    client: APIClient, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write may bear an earlier time than the answer that did not see it: its version is a later one."""
    later = timezone.now() + timedelta(hours=1)
    with monkeypatch.context() as clock:
        clock.setattr(evaluation, "timezone", SimpleNamespace(now=lambda: later))
        answer = ask(client)

    assert LATER[kind](client).status_code == 201

    assert json.loads(answer)["context"]["reason"] == "granted"
    assert replay(client, answer).content == answer


@pytest.mark.parametrize("kind", ["a withdrawal", "a move", "a policy", "a policy to come", "a suspension"])
def test_those_events_do_change_the_answer_of_now(client: APIClient, kind: str) -> None:
    before = json.loads(ask(client))

    LATER[kind](client)

    now = json.loads(ask(client))
    for answer in (before, now):
        del answer["context"]["decision_id"]
    assert now != before


def test_a_suspension_that_held_then_holds_in_the_replay(client: APIClient) -> None:
    suspend_destination(slug="ads", reason="breach", changed_by="officer", at=timezone.now())
    answer = ask(client)
    resume_destination(slug="ads", reason="mended", changed_by="officer", at=timezone.now())

    assert json.loads(answer)["context"]["reason"] == "destination_suspended"
    assert replay(client, answer).content == answer


def test_links_count_as_they_were_known(client: APIClient) -> None:
    browser = [{"kind": "cookie_id", "value": "b-1"}]
    refusal = consent("", "refused") | {"identifiers": browser}
    assert client.post("/api/v1/consents", refusal).status_code == 201
    alone = ask(client)
    seen = consent(GERMAN, "shown") | {"identifiers": [{"kind": "customer_id", "value": GERMAN}, *browser]}
    assert client.post("/api/v1/consents", seen).status_code == 201
    linked = ask(client)
    [[browser_ref]] = find_subjects([[cookie("b-1")]])
    left, right = sorted((ref_of(GERMAN), browser_ref))
    subjects.unlink_subjects(
        left=SubjectRef(left),
        right=SubjectRef(right),
        officer=User.objects.create_user("olga").pk,
        reason="no",
        at=timezone.now(),
    )

    reasons = [json.loads(answer)["context"]["reason"] for answer in (alone, linked, ask(client))]
    assert reasons == ["granted", "refused", "granted"]
    assert replay(client, alone).content == alone
    assert replay(client, linked).content == linked


@pytest.mark.parametrize(
    "changes",
    [
        {"context": {"as_of": "2026-02-10T00:00:00Z"}},
        {"context": {"known_at": "2026-02-10T00:00:00Z"}},
        {"context": {"as_of": "2025-02-10T00:00:00Z"}},
        {"context": {"max_staleness_s": 0.25, "jurisdiction": "US-CA", "data_categories": ["a", "b"]}},
        {"context": {"max_staleness_s": 0}},
        {"subject": {"type": "spaceship"}},
        {"subject": {"type": "email", "id": "zebra"}},
        {"resource": {"type": "record"}},
        {"resource": {"id": "nobody\u0000"}},
        {"action": {"name": "undeclared"}},
        {"subject": {"properties": {"role": "admin", "score": 1.5, "n": 1, "yes": True}}},
    ],
    ids=str,
)
def test_every_question_can_be_replayed(client: APIClient, changes: dict[str, Any]) -> None:
    answer = ask(client, **changes)

    assert replay(client, answer).content == answer


def test_an_answer_that_rests_on_a_write_is_replayed_with_it(client: APIClient) -> None:
    token = client.post("/api/v1/consents", consent(GERMAN, "withdrawn")).json()["token"]
    stale = ask(client, BRITON, context={"at_least": token})
    answer = ask(client, context={"at_least": token})

    reasons = [json.loads(one)["context"]["reason"] for one in (stale, answer)]
    assert reasons == ["state_stale", "withdrawn"]
    assert replay(client, stale).content == stale
    assert replay(client, answer).content == answer


def test_an_advisory_answer_is_replayed_as_one() -> None:
    client = caller(Scope.CHECK, Scope.EXPLAIN, Scope.SHADOW)
    answer = ask(client, WITHDRAWN, context={"shadow": True})

    assert json.loads(answer)["context"]["would"]["reason"] == "withdrawn"
    assert replay(client, answer).content == answer


def test_each_of_many_explained_answers_is_replayed_alone(client: APIClient) -> None:
    items = [{"subject": {"type": "customer_id", "id": who}} for who in (GERMAN, WITHDRAWN, STRANGER)]
    many = client.post(EVALUATIONS, question(subject=None, context=EXPLAIN, evaluations=[*items, {}]))
    checks = client.post(CHECKS, batch(GERMAN, WITHDRAWN, STRANGER, explain=True))

    answers = many.json()["evaluations"][:3]
    for answer in answers:
        again = client.get(f"/api/v1/decisions/{answer['context']['decision_id']}")
        assert again.json() == answer
        assert again.content in many.content
    for result in checks.json()["results"]:
        again = client.get(f"/api/v1/decisions/{result['decision_id']}")
        assert again.json() == result
        assert again.content in checks.content
    assert ExplainedDecision.objects.count() == 6


def test_what_a_request_did_not_come_to_is_not_kept(client: APIClient) -> None:
    items = [{"subject": {"type": "customer_id", "id": who}} for who in (REFUSED, GERMAN, BRITON)]
    options = {"evaluations_semantic": "deny_on_first_deny"}

    client.post(EVALUATIONS, question(subject=None, context=EXPLAIN, evaluations=items, options=options))

    assert ExplainedDecision.objects.count() == 1


@pytest.mark.parametrize("who", [GERMAN, WITHDRAWN])
def test_after_an_erasure_no_answer_is_made_up(client: APIClient, who: str) -> None:
    answer = ask(client, who)
    subjects.erase_subject(ref=ref_of(who), requested_by="request:7", at=timezone.now())

    again = replay(client, answer)

    assert (again.status_code, again.json()["code"]) == (409, "decision_not_reproducible")
    assert "erased" in again.json()["detail"]
    assert "decision" not in again.json()


def test_an_answer_about_an_erased_person_can_be_replayed(client: APIClient) -> None:
    subjects.erase_subject(ref=ref_of(GERMAN), requested_by="request:7", at=timezone.now())
    answer = ask(client)

    assert json.loads(answer)["context"]["reason"] == "subject_erased"
    assert replay(client, answer).content == answer


def test_an_answer_that_rested_on_no_fact_outlives_the_erasure(client: APIClient) -> None:
    answer = ask(client, resource={"id": "nobody"})
    subjects.erase_subject(ref=ref_of(GERMAN), requested_by="request:7", at=timezone.now())

    assert replay(client, answer).content == answer


def test_facts_that_do_not_open_are_told_and_not_guessed(client: APIClient) -> None:
    answer = ask(client)
    keys.destroy_keys([ref_of(GERMAN)])

    again = replay(client, answer)

    assert (again.status_code, again.json()["code"]) == (409, "decision_not_reproducible")
    assert "do not open" in again.json()["detail"]


def test_an_answer_given_while_facts_did_not_open_is_replayed(client: APIClient) -> None:
    keys.destroy_keys([ref_of(GERMAN)])
    answer = ask(client)

    assert json.loads(answer)["context"]["reason"] == "state_unavailable"
    assert replay(client, answer).content == answer


def test_nobody_is_named_in_what_is_kept(client: APIClient) -> None:
    secret = "zebra.q-77@customers.example"
    ask(client, subject={"type": "email", "id": secret, "properties": {"mail": secret}})
    ask(client, subject={"type": "email", "id": "zebra.q-77"})
    ask(client)

    for row in ExplainedDecision.objects.values():
        assert "zebra" not in str(row)
        assert GERMAN not in row["question"] + row["basis"]


def test_what_is_kept_is_never_changed(client: APIClient) -> None:
    ask(client)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        ExplainedDecision.objects.update(watermark=7)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        ExplainedDecision.objects.all().delete()


def test_a_decision_that_was_not_kept_is_not_found(client: APIClient) -> None:
    for unknown in ("dec_0", "dec_" + "0" * 32, "dec_%00", "x" * 500, "%F0%9F%92%A5"):
        answer = client.get(f"/api/v1/decisions/{unknown}")

        assert (answer.status_code, answer.json()["code"]) == (404, "decision_not_found")


def test_without_any_policy_a_denial_is_replayed_too(client: APIClient) -> None:
    answer = ask(client, context={"as_of": "2025-06-01T00:00:00Z"})
    publish_policy(POLICY.replace("policy: shop", "policy: other"))

    assert json.loads(answer)["context"]["reason"] == "policy_unavailable"
    assert replay(client, answer).content == answer


def test_outside_a_transaction_of_the_callers_it_is_kept_and_replayed_too(committed_database: str) -> None:
    make_world()
    client = caller(Scope.CHECK, Scope.EXPLAIN, Scope.SEARCH)
    answer = ask(client, context={"as_of": "2026-02-10T00:00:00Z"})

    assert replay(client, answer).content == answer
    assert client.post("/access/v1/search/subject", question()).status_code == 200
