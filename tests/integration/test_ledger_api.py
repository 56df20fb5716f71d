"""The ledger over HTTP: the feed, the checkpoint, proofs and keys."""

import secrets
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from activation.checks import services as checks
from activation.checks.types import Scope
from consent.kernel.checkpoints import verify_checkpoint
from consent.kernel.merkle import leaf_hash
from consent.kernel.proofs import verify_proof
from consent.kernel.signing import VerifyKey
from consent.ledger import services
from consent.ledger.types import NewEntry, Stream
from tests.ledger_world import sequence_all

pytestmark = pytest.mark.django_db

BOTH = (Scope.CHANGES_READ, Scope.LEDGER_READ)
ADDRESSES = ["changes", "ledger/checkpoint", "ledger/proof/0", "ledger/keys"]


@pytest.fixture(autouse=True)
def _ledger(db: None) -> None:
    for number in range(1, 6):
        stream = Stream.AUDIT if number == 3 else Stream.CONSENT
        services.append(stream=stream, entries=[NewEntry("told", {"name": "Zoë"}, "sub_a", number)])
    sequence_all()


def get(address: str, *scopes: Scope, **query: str | int) -> Any:
    name = f"caller-{secrets.token_hex(4)}"
    key = checks.create_key(name=name, scopes=scopes, valid_for=timedelta(days=1), at=timezone.now())
    return Client().get(f"/api/v1/{address}", query, headers={"Authorization": f"Bearer {key}"})


def get_key() -> VerifyKey:
    return VerifyKey.parse(get("ledger/keys", *BOTH).json()["keys"][0]["verify_key"])


@pytest.mark.parametrize("address", ADDRESSES)
def test_each_address_is_closed_to_who_has_not_its_scope(address: str) -> None:
    assert Client().get(f"/api/v1/{address}").status_code == 401
    assert get(address, Scope.CHECK).status_code == 403


def test_the_feed_is_read_page_by_page_to_its_end() -> None:
    read: list[int] = []
    after = 0
    while (page := get("changes", *BOTH, after=after, limit=2).json())["changes"]:
        read += [change["index"] for change in page["changes"]]
        after = page["next"]

    assert read == [0, 1, 2, 3, 4]
    assert page == {"changes": [], "next": 5, "size": 5}


def test_an_entry_carries_its_leaf_byte_for_byte() -> None:
    [change, *_] = get("changes", *BOTH).json()["changes"]

    assert leaf_hash(change["envelope"].encode()).hex() == change["leaf_hash"]
    assert "Zoë" in change["envelope"]


def test_the_feed_of_a_stream_holds_only_its_entries() -> None:
    page = get("changes", *BOTH, stream="audit").json()

    assert [change["index"] for change in page["changes"]] == [2]


def test_a_reader_of_a_quiet_stream_goes_on_at_the_end() -> None:
    assert get("changes", *BOTH, stream="incidents").json()["next"] == 5


@pytest.mark.parametrize(
    "query",
    [
        {"after": -1},
        {"after": "x"},
        {"limit": 0},
        {"limit": 1001},
        {"stream": "secrets"},
        {"befor": 1},
        {"after": 2**63},
    ],
    ids=str,
)
def test_what_the_feed_does_not_know_is_a_clear_error(query: dict[str, str | int]) -> None:
    response = get("changes", *BOTH, **query)

    assert response.status_code == 400
    assert response.json()["code"] == "invalid_request"


def test_an_entry_is_proved_by_what_the_api_gives() -> None:
    services.sign_checkpoint()
    key = get_key()
    entry = get("changes", *BOTH, after=3).json()["changes"][0]

    proof = get("ledger/proof/3", *BOTH).content
    checkpoint = verify_checkpoint(get("ledger/checkpoint", *BOTH).content, key, origin=key.name)

    assert checkpoint.size == 5
    assert verify_proof(proof, key, origin=key.name, leaf=bytes.fromhex(entry["leaf_hash"])).index == 3


def test_what_is_not_signed_yet_is_not_found_and_says_when_to_come_back() -> None:
    for address in ("ledger/checkpoint", "ledger/proof/0", "ledger/proof/77"):
        response = get(address, *BOTH)
        assert response.status_code == 404
        assert response.json()["code"] == "not_sealed_yet"
