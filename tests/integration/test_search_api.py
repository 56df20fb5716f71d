"""`POST /access/v1/search/…`: who, where and for what a question is answered with yes."""

import hashlib
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from activation.checks import scanning
from activation.checks.types import Scope
from activation.destinations.services import register_destination, suspend_destination
from activation.destinations.types import DestinationKind
from consent.policies import services as policies
from consent.subjects import services as subjects
from consent.subjects.queries import find_subjects
from tests.checks_world import EVALUATION, caller, consent, question
from tests.enforcement_world import (
    BRITON,
    GERMAN,
    JAN_1,
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
SUBJECTS, RESOURCES, ACTIONS = (f"/access/v1/search/{name}" for name in ("subject", "resource", "action"))


@pytest.fixture(autouse=True)
def _world() -> None:
    make_world()


def searcher(*scopes: Scope) -> APIClient:
    return caller(Scope.CHECK, Scope.SEARCH, *scopes)


def all_of(client: APIClient, address: str, asked: dict[str, Any]) -> list[list[dict[str, str]]]:
    """Return the results of every page."""
    pages: list[list[dict[str, str]]] = []
    token = None
    while token != "":
        assert len(pages) < 50, "the search does not end"
        sent = asked | {"page": {**asked.get("page", {}), **({"token": token} if token else {})}}
        answer = client.post(address, sent)
        assert answer.status_code == 200, answer.content
        body = answer.json()
        assert body["page"]["count"] == len(body["results"])
        pages.append(body["results"])
        token = body["page"]["next_token"]
    return pages


def ref_of(number: str) -> str:
    [[ref]] = find_subjects([[customer(number)]])
    return ref


def test_those_who_may_be_used_are_found_by_their_identifiers() -> None:
    asked = question(subject={"type": "email", "id": None})

    [found] = all_of(searcher(Scope.IDENTIFIERS), SUBJECTS, asked)

    assert sorted(one["id"] for one in found) == ["c1@customers.example", "c2@customers.example"]
    assert {one["type"] for one in found} == {"email"}


def test_a_search_finds_whom_an_evaluation_allows_and_nobody_else() -> None:
    client = searcher(Scope.IDENTIFIERS)

    [found] = all_of(client, SUBJECTS, question())

    everybody = (GERMAN, BRITON, WITHDRAWN, REFUSED, STRANGER)
    allowed = [who for who in everybody if client.post(EVALUATION, question(who)).json()["decision"]]
    assert sorted(one["id"] for one in found) == sorted(allowed) == [GERMAN, BRITON]


def test_without_the_scope_people_are_named_by_their_references() -> None:
    [found] = all_of(searcher(), SUBJECTS, question(subject={"type": "email"}))

    assert sorted(one["id"] for one in found) == sorted([ref_of(GERMAN), ref_of(BRITON)])
    assert {one["type"] for one in found} == {"subject_ref"}
    assert all_of(searcher_named("two"), SUBJECTS, question(subject={"type": "subject_ref"})) == [found]


def searcher_named(name: str) -> APIClient:
    return caller(Scope.SEARCH, Scope.IDENTIFIERS, name=name)


def test_an_address_on_record_is_found_as_its_sha256() -> None:
    [found] = all_of(searcher(Scope.IDENTIFIERS), SUBJECTS, question(subject={"type": "email_sha256"}))

    digests = {hashlib.sha256(f"c{n}@customers.example".encode()).hexdigest() for n in (1, 2)}
    assert {one["id"] for one in found} == digests


def test_people_whose_link_was_undone_are_asked_about_each_for_themselves() -> None:
    client = searcher(Scope.IDENTIFIERS, Scope.CONSENTS_WRITE)
    browser = {"kind": "cookie_id", "value": "b-1"}
    refusal = consent("", "refused") | {"identifiers": [browser]}
    together = consent(GERMAN, "shown") | {"identifiers": [{"kind": "customer_id", "value": GERMAN}, browser]}
    assert [client.post("/api/v1/consents", row).status_code for row in (refusal, together)] == [201, 201]
    assert all_of(client, SUBJECTS, question()) == [[{"type": "customer_id", "id": BRITON}]]
    left, right = sorted(find_subjects([[customer(GERMAN)], [cookie("b-1")]]), key=sorted)
    subjects.unlink_subjects(
        left=min(left), right=min(right), officer=make_officer("olga").pk, reason="no", at=timezone.now()
    )

    [found] = all_of(client, SUBJECTS, question())

    assert sorted(one["id"] for one in found) == [GERMAN, BRITON]


def test_people_without_an_identifier_of_the_kind_are_left_out() -> None:
    client = searcher(Scope.IDENTIFIERS)

    assert all_of(client, SUBJECTS, question(subject={"type": "user"})) == [[]]
    assert all_of(client, SUBJECTS, question(subject={"type": "spaceship"})) == [[]]


def test_the_standards_own_word_for_a_person_comes_back_as_sent() -> None:
    client = searcher(Scope.IDENTIFIERS, Scope.CONSENTS_WRITE)
    identifiers = [{"kind": "customer_id", "value": GERMAN}, {"kind": "user_id", "value": "u-1"}]
    row = consent(GERMAN, "shown") | {"identifiers": identifiers}
    assert client.post("/api/v1/consents", row).status_code == 201

    [found] = all_of(client, SUBJECTS, question(subject={"type": "user"}))

    assert found == [{"type": "user", "id": "u-1"}]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_hold_as_many_as_asked_and_each_result_once(limit: int) -> None:
    client = searcher(Scope.IDENTIFIERS, Scope.CONSENTS_WRITE)
    identifiers = [
        {"kind": "customer_id", "value": GERMAN},
        {"kind": "email", "value": "zz@customers.example"},
    ]
    row = consent(GERMAN, "shown") | {"identifiers": identifiers}
    assert client.post("/api/v1/consents", row).status_code == 201

    pages = all_of(client, SUBJECTS, question(subject={"type": "email"}, page={"limit": limit}))

    found = [one["id"] for page in pages for one in page]
    expected = ["c1@customers.example", "c2@customers.example", "zz@customers.example"]
    assert sorted(found) == expected
    assert all(len(page) <= limit for page in pages)


def test_the_limit_of_the_first_page_holds_for_those_that_follow() -> None:
    client = searcher(Scope.IDENTIFIERS)
    first = client.post(SUBJECTS, question(page={"limit": 1})).json()
    token = first["page"]["next_token"]

    second = client.post(SUBJECTS, question(page={"token": token})).json()
    changed = client.post(SUBJECTS, question(page={"token": token, "limit": 2}))

    assert len(second["results"]) == 1
    assert second["results"] != first["results"]
    assert (changed.status_code, changed.json()["code"]) == (400, "malformed_page_token")


def test_a_page_looks_at_a_bounded_number_of_people_and_may_be_empty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scanning, "MAX_LOOKED_AT", 1)
    monkeypatch.setattr(scanning, "AT_ONCE", 1)

    pages = all_of(searcher(Scope.IDENTIFIERS), SUBJECTS, question())

    assert sorted(one["id"] for page in pages for one in page) == [GERMAN, BRITON]
    assert len(pages) == 5
    assert pages.count([]) == 3


def test_a_page_of_none_is_no_page_at_the_end() -> None:
    body = searcher().post(SUBJECTS, question(page={"limit": 0})).json()

    assert body["results"] == []
    assert body["page"]["next_token"]


@pytest.mark.parametrize("address", [SUBJECTS, RESOURCES, ACTIONS])
def test_a_token_is_good_for_its_own_question_alone(address: str) -> None:
    client = searcher(Scope.IDENTIFIERS)
    token = client.post(SUBJECTS, question(page={"limit": 1})).json()["page"]["next_token"]
    page = {"token": token}

    answers = [
        client.post(address, question(page=page, context={"jurisdiction": "DE"})),
        client.post(address, question(page=page, subject={"id": "00077"})),
        client.post(address, question(page={"token": token + "x"})),
        client.post(address, question(page={"token": "forged"})),
    ]

    assert [answer.json()["code"] for answer in answers] == ["malformed_page_token"] * 4
    assert {answer.status_code for answer in answers} == {400}


def test_a_token_of_another_policy_is_outdated() -> None:
    client = searcher(Scope.IDENTIFIERS)
    token = client.post(SUBJECTS, question(page={"limit": 1})).json()["page"]["next_token"]
    publish_next(POLICY.replace("title: Shop policy", "title: Shop policy, revised"))

    answer = client.post(SUBJECTS, question(page={"token": token}))

    assert (answer.status_code, answer.json()["code"]) == (400, "page_token_outdated")


def publish_next(text: str) -> None:
    """Put the next version in force now."""
    at = timezone.now()
    draft = policies.import_policy(text=text, author_id=make_officer("author").pk, at=at)
    submit(draft)
    approve(draft, by="approver")
    policies.publish(version_id=draft.version_id, effective_at=at, at=at)


def test_a_withdrawal_takes_a_person_out_and_leaves_the_others_in() -> None:
    client = searcher(Scope.IDENTIFIERS, Scope.CONSENTS_WRITE)
    token = client.post("/api/v1/consents", consent(GERMAN, "withdrawn")).json()["token"]

    [found] = all_of(client, SUBJECTS, question(context={"at_least": token}))

    assert [one["id"] for one in found] == [BRITON]


def test_the_destinations_that_a_persons_data_may_go_to_are_found() -> None:
    for slug in ("backup", "mail", "parked"):
        register_destination(slug=slug, kind=DestinationKind.FILE, title=slug, registered_by="o", at=JAN_1)
    more = "".join(
        f"""  {slug}:
    title: {slug}
    kind: file
    role: processor
    country: US
    contract: DPA-2
    purposes: [advertising.audience]
    data_categories: [contact.email]
"""
        for slug in ("backup", "parked", "unregistered")
    )
    publish_policy(POLICY.replace("policy: shop", "policy: more") + more)
    suspend_destination(slug="parked", reason="breach", changed_by="officer", at=timezone.now())
    client = searcher()

    [found] = all_of(client, RESOURCES, question(resource={"id": None}))
    pages = all_of(client, RESOURCES, question(resource={"id": "ignored"}, page={"limit": 1}))

    assert found == [{"type": "destination", "id": slug} for slug in ("ads", "backup")]
    assert [one for page in pages for one in page] == found
    assert all_of(client, RESOURCES, question(WITHDRAWN)) == [[]]
    assert all_of(client, RESOURCES, question(resource={"type": "record"})) == [[]]


def test_the_purposes_that_are_allowed_are_found() -> None:
    client = searcher()

    assert all_of(client, ACTIONS, question(action=None)) == [[{"name": "advertising.audience"}]]
    assert all_of(client, ACTIONS, question(REFUSED, action=None)) == [[]]
    assert all_of(client, ACTIONS, question(resource={"id": "nobody"})) == [[]]


@pytest.mark.parametrize("address", [RESOURCES, ACTIONS])
@pytest.mark.parametrize(
    "subject", [{"id": "nobody"}, {"type": "spaceship"}, {"type": "email", "id": "zebra"}]
)
def test_nobody_known_is_found_nothing(address: str, subject: dict[str, str]) -> None:
    assert all_of(searcher(), address, question(subject=subject)) == [[]]


@pytest.mark.parametrize(
    ("address", "changes"),
    [
        (SUBJECTS, {"action": None}),
        (SUBJECTS, {"subject": None}),
        (SUBJECTS, {"subject": {"type": None}}),
        (SUBJECTS, {"resource": {"id": None}}),
        (RESOURCES, {"subject": None}),
        (RESOURCES, {"subject": {"id": None}}),
        (RESOURCES, {"resource": {"type": None}}),
        (ACTIONS, {"resource": None}),
        (ACTIONS, {"subject": {"id": None}}),
        (ACTIONS, {"page": {"limit": -1}}),
        (ACTIONS, {"context": {"as_of": "then"}}),
    ],
)
def test_a_malformed_search_is_a_problem(address: str, changes: dict[str, Any]) -> None:
    answer = searcher().post(address, question(**changes))

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("address", [SUBJECTS, RESOURCES, ACTIONS])
def test_a_search_takes_its_scope(address: str) -> None:
    assert caller(Scope.CHECK, Scope.IDENTIFIERS).post(address, question()).status_code == 403
    assert APIClient().post(address, question()).status_code == 401
    assert searcher_named("other").post(address, "", content_type="text/plain").status_code == 400


def test_a_search_says_what_it_rests_on() -> None:
    body = searcher().post(SUBJECTS, question(context={"as_of": "2026-02-10T00:00:00Z"})).json()

    assert body["context"]["historic"] is True
    assert body["context"]["policy_version"] == 1


def test_each_page_takes_a_bounded_number_of_statements(django_assert_max_num_queries: Any) -> None:
    client = searcher(Scope.IDENTIFIERS)

    with django_assert_max_num_queries(20):
        client.post(SUBJECTS, question())
