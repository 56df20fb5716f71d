"""Writing choices over HTTP."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import call_command
from rest_framework.response import Response
from rest_framework.test import APIClient

from activation.checks.types import Caller
from consent.records import services
from consent.records.api import parsers
from consent.records.models import ConsentRecord
from consent.subjects import services as subjects
from consent.subjects.models import Subject
from consent.subjects.types import SubjectRef
from tests.ledger_world import read_entries
from tests.records_world import JUNE_1, make_choice, make_line, make_row, publish_policy

pytestmark = [pytest.mark.django_db, pytest.mark.urls("consent.records.api.urls")]

NDJSON = "application/x-ndjson"


@dataclass(frozen=True)
class ShopKey(Caller):
    """The caller that a valid key stands for."""

    name: str = "shop"
    scopes: frozenset[str] = frozenset({"consents:write", "consents:import"})
    is_authenticated: bool = True


def call(path: str, body: bytes, content_type: str, caller: ShopKey | None = None) -> Any:
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(caller or ShopKey())  # type: ignore[arg-type]  # callers are no users
    return client.post(path, body, content_type=content_type)


def post(row: Any, **options: Any) -> Any:
    return call(
        "/consents",
        row if isinstance(row, bytes) else json.dumps(row).encode(),
        "application/json",
        **options,
    )


def post_lines(*lines: bytes, **options: Any) -> Any:
    return call("/consents/import", b"\n".join(lines), NDJSON, **options)


@pytest.fixture(autouse=True)
def _policy(db: None) -> None:
    publish_policy()


def test_a_row_is_answered_with_its_records_and_a_token_to_read_it_back() -> None:
    response = post(make_row())

    assert response.status_code == 201
    [record] = ConsentRecord.objects.all()
    assert response.json()["records"] == [record.record_id]
    token = services.read_token(response.json()["token"])
    assert (token.subject_ref, token.version) == (record.subject_id, 4)
    assert record.source == "api:shop"


def test_a_row_with_faults_is_answered_with_each_and_nothing_is_written() -> None:
    size = len(read_entries())

    response = post(
        make_row(choices=[make_choice(choice="maybe"), make_choice(controller=None)], extra="zebra.q-77")
    )

    assert response.status_code == 400
    problem = response.json()
    assert problem["code"] == "invalid_request"
    assert [(fault["path"], fault["code"]) for fault in problem["errors"]] == [
        ("/extra", "unknown_field"),
        ("/choices/0/choice", "unknown_choice"),
        ("/choices/1/controller", "controller_required"),
    ]
    assert "zebra.q-77" not in response.content.decode()
    assert len(read_entries()) == size
    assert not Subject.objects.exists()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid_request"),
        (b"{", 400, "malformed_json"),
        (b'{"choices":[],"choices":[]}', 400, "malformed_json"),
        (b'{"choices":NaN}', 400, "malformed_json"),
        (b'{"choices":"\\ud800"}', 400, "malformed_json"),
        (b"[]", 400, "invalid_request"),
        (b'"' + b"x" * 70_000 + b'"', 413, "body_too_large"),
    ],
)
def test_a_body_that_is_no_row_is_refused(body: bytes, status: int, code: str) -> None:
    response = post(body)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert not Subject.objects.exists()


def test_a_form_is_refused() -> None:
    assert call("/consents", b"choices=1", "application/x-www-form-urlencoded").status_code == 415


def test_lines_are_imported_and_the_rejected_ones_told() -> None:
    response = post_lines(make_line("1"), b"{", make_line("2"))

    assert response.status_code == 200
    report = response.json()
    assert (report["accepted"], report["rejected"], report["repeated"]) == (2, 1, False)
    [fault] = report["faults"]
    assert (fault["line"], fault["code"]) == (2, "malformed_json")
    assert ConsentRecord.objects.count() == 2


def test_the_same_lines_again_change_nothing() -> None:
    post_lines(make_line("1"))

    response = post_lines(make_line("1"))

    assert response.json()["repeated"] is True
    assert ConsentRecord.objects.count() == 1


def test_lines_past_the_limit_are_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsers, "MAX_FILE_BYTES", 1000)

    response = post_lines(*(make_line(str(number)) for number in range(10)))

    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    assert not Subject.objects.exists()


def test_no_lines_at_all_are_refused() -> None:
    assert post_lines().status_code == 400


@pytest.mark.parametrize(("send", "scope"), [(post, "consents:write"), (post_lines, "consents:import")])
def test_a_caller_without_the_scope_is_refused(send: Any, scope: str) -> None:
    caller = ShopKey(scopes=ShopKey.scopes - {scope})

    response: Response = send(make_line(), caller=caller)

    assert response.status_code == 403
    assert not Subject.objects.exists()


def test_the_description_of_these_addresses_is_complete(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--fail-on-warn", "--validate", "--urlconf", "consent.records.api.urls")

    described = capsys.readouterr().out
    assert "/consents:" in described
    assert "application/x-ndjson" in described


def test_a_row_of_two_people_who_must_not_be_joined_is_refused_and_nothing_is_written() -> None:
    people = [{"kind": "customer_id", "value": number} for number in "12"]
    for person in people:
        assert post(make_row(identifiers=[person])).status_code == 201
    size = len(read_entries())

    refused = post(make_row(identifiers=people))
    accepted = post(make_row(identifiers=people, choices=[make_choice(choice="opted_out")], facts=[]))

    assert refused.status_code == 400
    assert "identity_conflict" in refused.content.decode()
    assert len(read_entries()) == size + 3  # two opt-outs, and the pair that awaits an officer
    assert accepted.status_code == 201
    assert len(accepted.json()["records"]) == 2


def test_an_erased_person_starts_anew_by_an_act_of_their_own_only() -> None:
    first = post(make_row("1")).json()
    ref = SubjectRef(services.read_token(first["token"]).subject_ref)
    subjects.erase_subject(ref=ref, requested_by="request:1", at=JUNE_1)
    size = len(read_entries())

    refused = post(make_row("1"))
    assert refused.status_code == 400
    assert "subject_erased" in refused.content.decode()
    assert len(read_entries()) == size

    started = post(make_row("1", new_start=True))
    assert started.status_code == 201
    assert services.read_token(started.json()["token"]).subject_ref != ref
    report = post_lines(make_line("1", new_start=True)).json()
    assert [fault["code"] for fault in report["faults"]] == ["new_start_refused"]


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (["consents:write"], True),
        (["consents:write:marketing.email"], True),
        (["consents:write:marketing"], True),
        (["consents:write:marketing.email", "consents:write:other"], True),
        (["consents:write:marketing.emailx"], False),
        (["consents:write:marketing.email.newsletter"], False),
        (["consents:write:market"], False),
        (["consents:write:other"], False),
    ],
    ids=str,
)
def test_a_narrowed_key_writes_choices_for_its_purposes_and_those_below(
    scopes: list[str], allowed: bool
) -> None:
    response = post(make_row(facts=[]), caller=ShopKey(scopes=frozenset(scopes)))

    if allowed:
        assert response.status_code == 201
    else:
        assert (response.status_code, response.json()["code"]) == (403, "purpose_not_permitted")
    assert ConsentRecord.objects.exists() is allowed
    assert Subject.objects.exists() is allowed


@pytest.mark.parametrize(
    "row",
    [
        make_row(),  # it holds a fact
        make_row(facts=[], choices=[make_choice(purpose="*", choice="withdrawn")]),
        make_row(facts=[], choices=[make_choice(), make_choice(purpose="*", choice="withdrawn")]),
    ],
    ids=["a fact", "all purposes", "all purposes beside its own"],
)
def test_a_narrowed_key_writes_no_fact_and_nothing_for_all_purposes(row: Any) -> None:
    caller = ShopKey(scopes=frozenset({"consents:write:marketing.email"}))

    response = post(row, caller=caller)

    assert (response.status_code, response.json()["code"]) == (403, "purpose_not_permitted")
    assert not ConsentRecord.objects.exists()
    assert not Subject.objects.exists()


def test_a_key_for_a_purpose_imports_nothing() -> None:
    caller = ShopKey(scopes=frozenset({"consents:write:marketing.email"}))

    assert post_lines(make_line(), caller=caller).status_code == 403
