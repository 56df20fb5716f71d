"""Test keys: answered from the example data, and from nothing else."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from activation.checks.example.people import ExamplePerson, list_people
from activation.checks.models import ApiClient
from activation.checks.types import Scope
from activation.decisions.reasons import ALLOWING
from consent.records.models import ConsentRecord
from tests.enforcement_world import GERMAN, QUESTION, make_world
from tests.metered_world import EVALUATION, client_of, make_key, question
from tests.records_world import make_row

pytestmark = pytest.mark.django_db


def trial(*scopes: Scope) -> Any:
    return client_of(make_key("trial", *(scopes or (Scope.CHECK, Scope.EXPLAIN)), is_test=True))


@pytest.mark.parametrize("person", list_people(), ids=lambda person: person.slug)
def test_everybody_of_the_example_data_is_answered_as_listed(person: ExamplePerson) -> None:
    body = question(
        person.slug,
        action={"name": person.purpose},
        resource={"type": "destination", "id": person.destination},
    )

    answer = trial().post(EVALUATION, body).json()

    assert answer["decision"] is (person.reason in ALLOWING)
    assert answer["context"]["reason"] == person.reason
    assert answer["context"]["test"] is True


def test_without_explain_unknown_and_refused_people_look_alike_to_a_test_key_too() -> None:
    client = trial(Scope.CHECK)

    answers = [client.post(EVALUATION, question(who)).json() for who in ("ben-refused", "zoe-nobody")]

    assert answers[0] == answers[1]
    assert answers[0]["context"]["reason"] == "not_permitted"


def test_no_real_person_is_known_to_a_test_key_and_no_example_to_a_real_one() -> None:
    make_world()
    real = {
        "subject": {"type": "customer_id", "id": GERMAN},
        "action": {"name": QUESTION["purpose"]},
        "resource": {"type": "destination", "id": QUESTION["destination"]},
    }
    owner = client_of(make_key("owner", Scope.CHECK, Scope.EXPLAIN))

    assert owner.post(EVALUATION, real).json()["decision"] is True
    assert "test" not in owner.post(EVALUATION, real).json()["context"]
    assert trial().post(EVALUATION, real).json()["decision"] is False
    assert owner.post(EVALUATION, question()).json()["decision"] is False


def test_nothing_of_the_ledger_is_read_for_a_test_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise AssertionError("a test key opened the real data")

    monkeypatch.setattr("activation.checks.deciding.open_snapshot", refuse)

    assert trial().post(EVALUATION, question()).json()["decision"] is True


IN_ADDRESSES = {
    "uuid": "01890000-0000-7000-8000-000000000000",
    "str": "rec_1",
    "int": "0",
    "slug": "customers",
}
"""What stands in an address, by the kind that its pattern asks for."""


def list_views(patterns: list[URLPattern | URLResolver], path: str = "/") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from list_views(pattern.url_patterns, path + str(pattern.pattern))
        elif issubclass(view := getattr(pattern.callback, "cls", object), APIView):
            yield path + str(pattern.pattern), view


def list_closed_addresses() -> list[str]:
    """Return every address of ours that asks for a scope and is not open to test keys, or to everybody."""
    return [
        re.sub(r"<(\w+):\w+>", lambda found: IN_ADDRESSES[found[1]], path)
        for path, view in list_views(get_resolver().url_patterns)
        if view.authentication_classes
        and getattr(view, "required_scope", None)
        and not getattr(view, "open_to_test_keys", False)
    ]


def code_of(answer: Any) -> str:
    """Return which error it is, in our form or in that of OpenDSR."""
    told = answer.json()
    return str(told["error"]["errors"][0]["reason"] if "error" in told else told["code"])


def test_every_other_address_is_closed_to_a_test_key_whatever_its_scopes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("consent.requests.protocols.opendsr.signing.read_identity", lambda: None)
    client, addresses = trial(), list_closed_addresses()
    ApiClient.objects.update(scopes=[*Scope])  # more than one can be made with

    assert {"/api/v1/consents", "/opendsr/v2/requests"} <= set(addresses)
    for address in addresses:
        for answer in (client.get(address), client.post(address, make_row(), format="json")):
            assert (answer.status_code, code_of(answer)) == (403, "test_key"), address
    assert not ConsentRecord.objects.exists()
