"""Looking people up over HTTP, and what they chose, at any time."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from activation.checks.types import Caller
from consent.ledger import queries as ledger
from consent.subjects.models import Subject
from tests.records_world import JUNE_1, make_choice, make_new_row, record_all

pytestmark = [pytest.mark.django_db, pytest.mark.urls("consent.records.api.urls")]

ANNA = [{"kind": "customer_id", "value": "1"}]
BEN = [{"kind": "cookie_id", "value": "2"}]
NOBODY = [{"kind": "customer_id", "value": "404"}]


@dataclass(frozen=True)
class Desk(Caller):
    """The caller that a valid key stands for."""

    name: str = "desk"
    scopes: frozenset[str] = frozenset({"subjects:read"})
    is_authenticated: bool = True


def post(path: str, body: Any, caller: Desk | None = None) -> Any:
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(caller or Desk())  # type: ignore[arg-type]  # callers are no users
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(f"/subjects/{path}", text, content_type="application/json")


def ask(path: str, body: Any) -> list[dict[str, Any]]:
    response = post(path, body)
    assert response.status_code == 200, response.content
    subjects: list[dict[str, Any]] = response.json()["subjects"]
    return subjects


def record(person: str = "1", **changes: Any) -> str:
    [recorded] = record_all(make_new_row(person, facts=[], **changes))
    return recorded.subject_ref


def test_a_person_is_found_with_version_and_nobody_as_nobody() -> None:
    ref = record()

    found = ask("lookup", {"subjects": [{"identifiers": ANNA}, {"identifiers": NOBODY}]})

    assert found == [
        {"subject_refs": [ref], "group": [{"subject_ref": ref, "version": 3, "erased": False}]},
        {"subject_refs": [], "group": []},
    ]
    assert ask("lookup", {"identifiers": ANNA}) == found[:1]
    assert Subject.objects.count() == 1


def test_an_erased_person_is_told_as_one() -> None:
    Subject.objects.filter(ref=record()).update(erased_at=JUNE_1)

    [found] = ask("lookup", {"identifiers": ANNA})

    assert [member["erased"] for member in found["group"]] == [True]


def test_a_linked_group_is_told_whole_and_each_choice_with_its_member() -> None:
    anna, ben = record("1"), record("", identifiers=BEN, choices=[make_choice(choice="withdrawn")])
    record(
        "", identifiers=[*ANNA, *BEN], choices=[make_choice(purpose="marketing.email", controller="other")]
    )

    [found] = ask("choices", {"identifiers": BEN})

    assert found["subject_refs"] == [ben]
    assert [member["subject_ref"] for member in found["group"]] == sorted([anna, ben])
    told = {(one["subject_ref"], one["controller"], one["choice"]) for one in found["choices"]}
    assert told == {(anna, "acme", "granted"), (anna, "other", "granted"), (ben, "acme", "withdrawn")}


def test_a_group_as_of_a_time_before_the_link_is_one_person() -> None:
    record("1")
    record("", identifiers=BEN)
    both = ledger.get_time()
    record("", identifiers=[*ANNA, *BEN])

    [then] = ask("choices", {"identifiers": ANNA, "known_at": both.isoformat()})
    [now] = ask("choices", {"identifiers": ANNA})

    assert (len(then["group"]), len(now["group"])) == (1, 2)


def test_a_choice_is_told_with_all_that_it_rests_on() -> None:
    ref = record(choices=[make_choice(expires_at="2030-01-05T10:00:00Z")])

    [found] = ask("choices", {"identifiers": ANNA})

    [choice] = found["choices"]
    assert choice.pop("record_id").startswith("rec_")
    assert choice.pop("recorded_at").endswith("Z")
    assert choice == {
        "subject_ref": ref,
        "purpose": "marketing.email",
        "choice": "granted",
        "controller": "acme",
        "destination": None,
        "notice": "privacy",
        "notice_version": 1,
        "effective_at": "2026-01-05T10:00:00Z",
        "expires_at": "2030-01-05T10:00:00Z",
        "back_dated": True,
    }


def test_the_past_is_told_by_both_times() -> None:
    record(choices=[make_choice()])
    before = ledger.get_time()
    record(choices=[make_choice(choice="withdrawn", effective_at="2026-03-01T00:00:00Z")])

    def choices(**when: str) -> list[str]:
        [found] = ask("choices", {"identifiers": ANNA, **when})
        return [choice["choice"] for choice in found["choices"]]

    assert choices() == ["withdrawn"]
    assert choices(as_of="2026-02-01T00:00:00Z") == ["granted"]
    assert choices(known_at=before.isoformat()) == ["granted"]
    assert choices(as_of="2026-01-01T00:00:00Z") == []


FUTURE = (JUNE_1 + timedelta(days=36500)).isoformat()
BAD: dict[str, tuple[str, Any, str, str]] = {
    "no object": ("lookup", [], "", "wrong_type"),
    "nobody": ("lookup", {}, "/identifiers", "missing_field"),
    "no subjects": ("lookup", {"subjects": []}, "/subjects", "missing_field"),
    "a subject without identifiers": (
        "lookup",
        {"subjects": [{}]},
        "/subjects/0/identifiers",
        "missing_field",
    ),
    "both forms": (
        "lookup",
        {"identifiers": ANNA, "subjects": [{"identifiers": ANNA}]},
        "/identifiers",
        "unknown_field",
    ),
    "too many": ("choices", {"subjects": [{"identifiers": ANNA}] * 1001}, "/subjects", "too_many"),
    "an unknown field": ("choices", {"identifiers": ANNA, "since": "x"}, "/since", "unknown_field"),
    "a time in a lookup": ("lookup", {"identifiers": ANNA, "as_of": FUTURE}, "/as_of", "unknown_field"),
    "an unknown field of a subject": (
        "choices",
        {"subjects": [{"identifiers": ANNA, "name": "x"}]},
        "/subjects/0/name",
        "unknown_field",
    ),
    "as of the future": ("choices", {"identifiers": ANNA, "as_of": FUTURE}, "/as_of", "time_out_of_bounds"),
    "known in the future": (
        "choices",
        {"identifiers": ANNA, "known_at": FUTURE},
        "/known_at",
        "time_out_of_bounds",
    ),
    "no time": ("choices", {"identifiers": ANNA, "as_of": "yesterday"}, "/as_of", "malformed_time"),
    "a time without offset": (
        "choices",
        {"identifiers": ANNA, "as_of": "2026-01-01T00:00:00"},
        "/as_of",
        "malformed_time",
    ),
    "a malformed identifier": (
        "choices",
        {"identifiers": [{"kind": "email", "value": "zebra.q-77"}]},
        "/identifiers/0/value",
        "malformed_identifier",
    ),
}


@pytest.mark.parametrize(("path", "body", "where", "code"), BAD.values(), ids=list(BAD))
def test_a_faulty_question_is_refused_with_what_is_wrong(path: str, body: Any, where: str, code: str) -> None:
    response = post(path, body)

    assert response.status_code == 400
    told = response.json()
    assert told["code"] == "invalid_request"
    assert (where, code) in [(fault["path"], fault["code"]) for fault in told["errors"]]
    assert "zebra.q-77" not in response.content.decode()


@pytest.mark.parametrize("path", ["lookup", "choices"])
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed_json"),
        (b'{"identifiers":[],"identifiers":[]}', 400, "malformed_json"),
        (b'"' + b"x" * 1_100_000 + b'"', 413, "body_too_large"),
    ],
    ids=["cut short", "duplicate key", "too large"],
)
def test_a_body_that_is_no_question_is_refused(path: str, body: bytes, status: int, code: str) -> None:
    response = post(path, body)

    assert (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.parametrize("path", ["lookup", "choices"])
def test_without_the_scope_the_known_and_the_unknown_look_alike(path: str) -> None:
    record(choices=[make_choice(choice="withdrawn")])
    caller = Desk(scopes=frozenset({"check", "explain", "consents:write"}))

    known, unknown = (post(path, {"identifiers": who}, caller) for who in (ANNA, NOBODY))

    assert known.status_code == unknown.status_code == 403
    assert known.content == unknown.content


@pytest.mark.parametrize("path", ["lookup", "choices"])
def test_a_thousand_people_cost_no_more_statements_than_one(
    path: str, django_assert_max_num_queries: Any
) -> None:
    for person in range(3):
        record(str(person))
    people = [{"identifiers": [{"kind": "customer_id", "value": str(person)}]} for person in range(1000)]

    with django_assert_max_num_queries(4):
        assert len(ask(path, {"subjects": people})) == 1000


def test_identifiers_in_the_address_are_not_read() -> None:
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(Desk())  # type: ignore[arg-type]  # callers are no users

    assert client.get("/subjects/lookup?value=1").status_code == 405


def test_the_description_names_both_addresses(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--fail-on-warn", "--validate", "--urlconf", "consent.records.api.urls")

    described = capsys.readouterr().out
    assert "/subjects/lookup:" in described
    assert "/subjects/choices:" in described
