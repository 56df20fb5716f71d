"""The Data Deletion Request Framework: chained tokens that verify, and receipts that are checked."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from consent.network.errors import DeliveryFailed
from consent.requests.connectors.data_deletion import connector as deletion
from consent.requests.connectors.data_deletion.connector import DataDeletionConnector, open_data_deletion
from consent.requests.connectors.interface import DeclaredDataset, DeclaredSystem, SystemRefused
from consent.requests.protocols.data_deletion.keys import DataDeletionClosed, read_requester
from consent.requests.types import Person, StepState
from consent.subjects.types import IdentifierKind
from tests.fakes.deletion_recipient import DOMAIN, OURS, DeletionRecipient
from tests.fakes.service import running

KEY = "7d0f7e1c-6f53-4b8c-9df1-0f4f6f0d3f5e"
ALICE = Person(
    identifiers={
        IdentifierKind.EMAIL: ("alice@planted.example.org",),
        IdentifierKind.PHONE: ("+493012345678",),
        IdentifierKind.ADVERTISING_ID: ("ad-1",),
    }
)


@pytest.fixture(params=["RSA", "EC"])
def _key(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> None:
    made = (
        RSAKey.generate_key(2048, private=True)
        if request.param == "RSA"
        else ECKey.generate_key("P-256", private=True)
    )
    (tmp_path / "key.pem").write_bytes(made.as_pem(private=True))
    settings.DATA_DELETION = {"domain": OURS, "key_file": str(tmp_path / "key.pem")}


@pytest.fixture
def recipient(_key: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeletionRecipient]:
    monkeypatch.setattr(deletion, "get_time", lambda: datetime.now(UTC))
    with running(lambda: DeletionRecipient([read_requester().publish()])) as service:
        yield service


def connect(recipient: DeletionRecipient, *, hold: str = "", **changes: Any) -> DataDeletionConnector:
    settings = {"url": recipient.url, "domain": DOMAIN, "attempts": 1, **changes}
    datasets = (DeclaredDataset(name="all", fields=(), hold=hold),)
    return open_data_deletion(
        DeclaredSystem(slug="vendor", settings=settings, allow_local=True, datasets=datasets)
    )


def test_each_identifier_is_asked_for_in_its_form_and_the_receipts_are_counted(
    recipient: DeletionRecipient,
) -> None:
    outcome = connect(recipient).erase(ALICE, key=KEY)

    assert outcome.state is StepState.DONE
    assert [(one.found, one.done) for one in outcome.datasets] == [(2, 2)]
    assert recipient.complaints == []
    told = {one["sub"]["identifierValue"] for one in recipient.identities}
    address, number = "alice@planted.example.org", "+493012345678"
    assert told == {hashlib.sha256(one.encode()).hexdigest() for one in (address, number)}
    assert "does not tell that it is done" in outcome.note


def test_asked_again_the_requests_have_the_same_ids(recipient: DeletionRecipient) -> None:
    for _ in range(2):
        connect(recipient).erase(ALICE, key=KEY)

    assert len({one["jti"] for one in recipient.identities}) == 2
    assert len(recipient.identities) == 4


def test_a_form_that_the_recipient_does_not_take_after_all_is_told(recipient: DeletionRecipient) -> None:
    recipient.code = 4

    assert connect(recipient).erase(ALICE, key=KEY).state is StepState.PARTLY_DONE


@pytest.mark.parametrize("code", [1, 2, 3, 6, 99])
def test_a_signed_no_is_a_no(recipient: DeletionRecipient, code: int) -> None:
    recipient.code = code

    with pytest.raises(SystemRefused, match=str(code)):
        connect(recipient).erase(ALICE, key=KEY)


def _other_key(recipient: DeletionRecipient) -> None:
    published = recipient._publish()
    recipient._publish = lambda: published  # type: ignore[method-assign]
    recipient.key = ECKey.generate_key("P-256", {"kid": "k1"}, private=True)


def _other_issuer(recipient: DeletionRecipient) -> None:
    recipient.issuer = "other.example"


def _other_request(recipient: DeletionRecipient) -> None:
    recipient.about = lambda token: token[:-4] + "AAAA"


@pytest.mark.parametrize("spoil", [_other_key, _other_issuer, _other_request])
def test_a_receipt_that_is_not_the_recipients_of_this_request_is_not_believed(
    recipient: DeletionRecipient, spoil: Any
) -> None:
    spoil(recipient)

    with pytest.raises(SystemRefused, match="receipt") as refused:
        connect(recipient).erase(ALICE, key=KEY)
    assert "alice" not in str(refused.value)


def test_identifiers_go_to_nobody_outside_of_the_recipients_domain(recipient: DeletionRecipient) -> None:
    recipient.endpoint = "https://elsewhere.example/delete"

    with pytest.raises(SystemRefused, match="outside"):
        connect(recipient).erase(ALICE, key=KEY)


def test_what_the_framework_cannot_say_is_done_by_hand(recipient: DeletionRecipient) -> None:
    connector, nobody = connect(recipient), Person(identifiers={IdentifierKind.CUSTOMER_ID: ("C-1",)})
    outcomes = [
        connect(recipient, hold="case 12").erase(ALICE, key=KEY),
        connector.erase(nobody, key=KEY),
        connector.collect(ALICE, lambda *_: None, key=KEY),
        connector.rectify(ALICE, {}, key=KEY),
        connector.restrict(ALICE, key=KEY),
        connector.verify_gone(ALICE, key=KEY),
    ]
    recipient.script = True
    outcomes.append(connector.erase(ALICE, key=KEY))

    assert {one.state for one in outcomes} == {StepState.WAITING}
    assert recipient.identities == []
    assert "3 forms" in connector.probe()


def test_a_recipient_that_is_away_is_asked_again_later(recipient: DeletionRecipient) -> None:
    recipient.plan(503)

    with pytest.raises(DeliveryFailed, match="later"):
        connect(recipient).erase(ALICE, key=KEY)
    recipient.plan("close")
    with pytest.raises(DeliveryFailed, match="later"):
        connect(recipient).probe()


def test_without_a_key_nothing_is_sent(recipient: DeletionRecipient, settings: Any) -> None:
    settings.DATA_DELETION = {"domain": "", "key_file": ""}

    with pytest.raises(SystemRefused):
        connect(recipient)
    settings.DATA_DELETION = {"domain": OURS, "key_file": __file__}
    with pytest.raises(DataDeletionClosed):
        read_requester()


@pytest.mark.usefixtures("_key")
def test_what_is_published_of_the_key_is_its_public_half() -> None:
    assert not {"d", "p", "q"} & read_requester().publish().keys()
