"""What Google is told, beyond what every kind is held to."""

from collections.abc import Iterator

import pyarrow as pa
import pytest

from activation.destinations.kinds.google_customer_match.tokens import AccessTokens
from consent.network.client import open_client
from consent.network.errors import DeliveryFailed, DeliveryRefused
from consent.network.patience import Asker, Patience
from tests.conformance.harness import with_column
from tests.conformance.harness_google_customer_match import CustomerMatchHarness
from tests.conformance.rows import assert_holds, ignore
from tests.fakes.google import CLIENT, LISTS, FakeGoogle
from tests.fakes.service import Reply, running


@pytest.fixture
def harness() -> Iterator[CustomerMatchHarness]:
    with running(FakeGoogle) as service:
        yield CustomerMatchHarness(service)


def test_a_token_that_ends_on_the_way_is_renewed(harness: CustomerMatchHarness) -> None:
    def spoil(taken: int) -> None:
        if taken == 4:
            harness.service.token = "another-token"

    harness.open().deliver(harness.delivery(), spoil)

    assert harness.service.tokens_given == 2
    harness.service.complaints.clear()  # the 401
    assert_holds(harness, harness.sample())


def test_a_token_that_is_never_taken_is_refused(harness: CustomerMatchHarness) -> None:
    denied = Reply(401, {"error": {"code": 401}})
    token = Reply(200, {"access_token": "t", "expires_in": 3599})
    harness.service.next = [token, denied, token, denied]

    with pytest.raises(DeliveryRefused, match="401"):
        harness.open(attempts=3).deliver(harness.delivery(), ignore)


def test_credentials_that_google_withdrew_are_refused(harness: CustomerMatchHarness) -> None:
    harness.service.next = [Reply(400, {"error": "invalid_grant"})]

    with pytest.raises(DeliveryRefused, match="token service"):
        harness.open().check()


def test_one_token_serves_until_it_ends(harness: CustomerMatchHarness) -> None:
    now = 0.0
    with open_client(f"{harness.service.url}/token", allow_local=True) as client:
        asker = Asker(client=client, name="tokens", patience=Patience(attempts=1))
        tokens = AccessTokens(asker, CLIENT, clock=lambda: now)
        first = [tokens.get(), tokens.get()]
        now = 3599.0 - 61.0
        first.append(tokens.get())
        now = 3599.0 - 59.0
        second = tokens.get()

    assert len(set(first)) == 1
    assert second not in first


def test_who_did_not_consent_is_not_sent_and_not_counted(harness: CustomerMatchHarness) -> None:
    data = ["granted", "denied", None, "granted", "granted"]
    personal = ["granted", "granted", "granted", "denied", None]
    delivery = harness.delivery(table=harness.sample().slice(0, 5))
    delivery = with_column(delivery, "ad_user_data", pa.array(data))
    delivery = with_column(delivery, "ad_personalization", pa.array(personal))

    receipt = harness.open(ad_user_data="by_row", ad_personalization="by_row").deliver(delivery, ignore)

    held = list(harness.service.lists[LISTS["lapsed_customers"]].values())
    assert receipt.rows == 3
    assert [consent["adUserData"] for consent in held] == ["CONSENT_GRANTED"] * 3
    assert [consent["adPersonalization"] for consent in held] == [
        "CONSENT_GRANTED",
        "CONSENT_DENIED",
        "CONSENT_DENIED",
    ]


def test_consent_must_be_told_by_the_rows_or_by_the_settings(harness: CustomerMatchHarness) -> None:
    with pytest.raises(DeliveryRefused, match="ad_user_data"):
        harness.open(ad_user_data="by_row").prepare(harness.delivery())

    assert harness.service.asked == []


def test_a_request_that_google_finds_wrong_is_told_by_googles_own_word(harness: CustomerMatchHarness) -> None:
    reason = {"details": [{"reason": "INVALID_USER_LIST_ID", "metadata": {"value": "person1@example.org"}}]}
    token = Reply(200, {"access_token": "t", "expires_in": 3599})
    harness.service.next = [token, Reply(400, {"error": reason})]

    with pytest.raises(DeliveryRefused, match="INVALID_USER_LIST_ID") as refused:
        harness.open().deliver(harness.delivery(), ignore)

    assert "person1" not in str(refused.value)


def test_an_answer_without_a_request_id_is_a_failure(harness: CustomerMatchHarness) -> None:
    token = Reply(200, {"access_token": "t", "expires_in": 3599})
    harness.service.next = [token, Reply(200, {})]

    with pytest.raises(DeliveryFailed):
        harness.open().deliver(harness.delivery(), ignore)


def test_the_receipt_names_googles_last_request(harness: CustomerMatchHarness) -> None:
    receipt = harness.open().deliver(harness.delivery(), ignore)

    assert receipt.reference == harness.service.requests[-1] == "request-3"


def test_a_manager_account_is_named_where_google_wants_it(harness: CustomerMatchHarness) -> None:
    harness.open(login_account_id="1112223334").deliver(harness.delivery(), ignore)
    harness.open(login_account_id="1112223334").check()

    told = next(asked for asked in harness.service.asked if asked.path.endswith(":ingest")).json()
    looked = [asked for asked in harness.service.asked if "/userLists/" in asked.path]
    assert told["destinations"][0]["loginAccount"] == {
        "accountType": "GOOGLE_ADS",
        "accountId": "1112223334",
    }
    assert {asked.headers["login-account"] for asked in looked} == {
        "accountTypes/GOOGLE_ADS/accounts/1112223334"
    }
