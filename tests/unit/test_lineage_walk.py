"""The walk finds what no event may hold, wherever it stands; each leak here is one that it must see."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from activation.checks.rules import new_key
from activation.enforcement.membership.types import Member
from consent.kernel.ids import new_id
from consent.subjects.types import Identifier, IdentifierKind
from lineage.events import builders
from lineage.events.naming import DatasetName
from lineage.events.types import Column, EventType, Input
from lineage.outbox.models import OutboxEvent
from tests.lineage_leaks import find_leaks
from tests.lineage_runs import DIGEST, NOON, make_run
from tests.lineage_walk import WALK, find_disorder, list_secrets

LEAKS = {
    "an e-mail address": "anna.smith@example.com",
    "a phone number": "+49 170 1234567",
    "a phone number in digits": "+491701234567",
    "a phone number as it is dialled": "00491701234567",
    "a reference": new_id("sub"),
    "an API key": new_key(),
    "a test key": new_key(is_test=True),
    "a hashed address": "ab" * 32,
    "a master key": "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI=",
    "a private key": "-----BEGIN PRIVATE KEY-----",
    "a token": "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJl",
    "a bearer": "Bearer abcdefgh12345678",
    "a password": "postgresql://reader:hunter2@crm.example/people",
}
Plant = Callable[[dict[str, Any], str], None]


def _dataset(event: dict[str, Any], leak: str) -> None:
    event["outputs"][0]["name"] = f"/exports/{leak}.csv"


def _column(event: dict[str, Any], leak: str) -> None:
    event["inputs"][0]["facets"]["schema"]["fields"][1]["name"] = leak


def _member_name(event: dict[str, Any], leak: str) -> None:
    event["outputs"][0]["facets"]["columnLineage"]["fields"][leak] = {"inputFields": []}


def _error(event: dict[str, Any], leak: str) -> None:
    event["run"]["facets"]["errorMessage"] = {"message": f"nothing is known of {leak}: try again"}


def _job(event: dict[str, Any], leak: str) -> None:
    event["job"]["name"] = leak


def _tag(event: dict[str, Any], leak: str) -> None:
    event["run"]["facets"]["tags"] = {"tags": [{"key": "for", "value": leak, "source": "ACCORDANT"}]}


def _documentation(event: dict[str, Any], leak: str) -> None:
    event["job"]["facets"]["documentation"]["description"] = f"Made for {leak}."


PLACES: list[Plant] = [_dataset, _column, _member_name, _error, _job, _tag, _documentation]


def make_event() -> dict[str, Any]:
    return builders.complete(make_run(), at=NOON)


def test_an_event_as_we_build_it_is_clean() -> None:
    assert list(find_leaks(make_event())) == []
    assert list(find_leaks(builders.fail(make_run(), at=NOON, message="the destination is away"))) == []


@pytest.mark.parametrize("plant", PLACES)
@pytest.mark.parametrize("leak", [pytest.param(leak, id=name) for name, leak in LEAKS.items()])
def test_a_leak_is_found_at_each_place(plant: Plant, leak: str) -> None:
    event = make_event()
    plant(event, leak)

    assert list(find_leaks(event))


def test_the_place_is_named_and_the_value_is_not() -> None:
    event = make_event()
    _column(event, "anna.smith@example.com")

    assert list(find_leaks(event)) == ["inputs[0].facets.schema.fields[1].name: e-mail address"]


def test_a_digest_is_allowed_where_digests_belong_and_nowhere_else() -> None:
    event = make_event()
    decision = next(facet for name, facet in event["run"]["facets"].items() if "ecision" in name)
    assert decision["policyDigest"] == DIGEST

    decision["purpose"] = DIGEST

    assert len(list(find_leaks(event))) == 1


@pytest.mark.parametrize("plant", [one for one in PLACES if one is not _documentation])
@pytest.mark.parametrize("known", ["00042", "anna-smith", "3f2504e04f8911d39a0c0305e82c3301"])
def test_what_a_test_calls_people_is_found_though_it_has_no_form(plant: Plant, known: str) -> None:
    event = make_event()
    plant(event, known.upper())

    assert [leak for leak in find_leaks(event, {known}) if "known" in leak]


def test_a_tests_own_folder_is_no_leak_and_what_lies_in_it_may_be() -> None:
    folder = "/tmp/pytest-of-root/pytest-0/popen-gw1/test_of_a_b_c_example_com_0"  # noqa: S108 - as pytest names it
    event = builders.start(_reading(f"{folder}/audience.csv"), at=NOON)

    assert list(find_leaks(event, {"test_of_a_b_c_example_com_0"})) == []
    event = builders.start(_reading(f"{folder}/anna@example.com.csv"), at=NOON)
    assert list(find_leaks(event))


def _reading(path: str) -> Any:
    source = Input(dataset=DatasetName("file", path), columns=(Column("id", "string"),))
    return replace(make_run(), inputs=(source,), outputs=())


# The watch


@pytest.fixture
def _clean_up() -> Any:
    yield
    WALK.begin()  # or this test would fail of what it plants


@pytest.mark.usefixtures("_clean_up")
def test_a_row_that_is_made_is_seen_and_so_are_identifiers_and_members() -> None:
    Identifier(IdentifierKind.CUSTOMER_ID, "customer-4711")
    Member(ref="ref-of-somebody", identifiers={IdentifierKind.USER_ID: ("login-4712",)})
    for value in ("customer-4711", "ref-of-somebody", "login-4712", "nobody-at-all"):
        event = make_event()
        event["outputs"][0]["name"] = f"{value}.csv"
        WALK.events.clear()
        OutboxEvent(event_id=uuid4(), run_id=uuid4(), sequence=1, event_type="START", payload=event)

        event["outputs"][0]["name"] = f"/exports/{value}/out.csv"
        assert bool(WALK.find()) is (value != "nobody-at-all"), value


@pytest.mark.usefixtures("_clean_up")
def test_the_settings_secrets_are_known() -> None:
    secrets = set(list_secrets())

    assert len(secrets) >= 4
    assert secrets <= WALK.known


@pytest.mark.parametrize(
    "kinds",
    [
        ["COMPLETE"],
        ["START", "START"],
        ["COMPLETE", "START"],
        ["START", "COMPLETE", "FAIL"],
        ["START", "ABORT", "COMPLETE"],
    ],
)
def test_a_run_with_another_start_or_ending_is_found(kinds: list[str]) -> None:
    assert list(find_disorder(("run", EventType(kind)) for kind in kinds))


@pytest.mark.parametrize("kinds", [["START"], ["START", "COMPLETE"], ["START", "FAIL"], ["START", "ABORT"]])
def test_a_run_in_order_is_in_order(kinds: list[str]) -> None:
    assert not list(find_disorder(("run", EventType(kind)) for kind in kinds))


def test_a_random_id_that_is_written_like_a_number_is_none_and_a_number_in_its_place_is_one() -> None:
    event = builders.start(make_run(UUID("00491701-2345-4670-9123-456789012345")), at=NOON)
    digest = "sha256:00491701234567" + "ab" * 25
    event["run"]["facets"]["accordant_decision"]["policyDigest"] = digest
    assert list(find_leaks(event)) == []

    event["run"]["runId"] = "00491701234567"
    assert list(find_leaks(event)) == ["run.runId: phone number"]
