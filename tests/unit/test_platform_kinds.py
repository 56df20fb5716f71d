"""What platforms are told of people: by their own rules of hashing, and never more than may be told."""

import hashlib
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pytest

from activation.destinations.kinds.google_customer_match import CustomerMatchSettings
from activation.destinations.kinds.google_customer_match.members import (
    columns_to_match,
    consent_of,
    google_email,
    identify,
)
from activation.destinations.kinds.http_settings import refuse_other_hosts
from activation.destinations.kinds.interface import Surroundings
from activation.destinations.kinds.meta_custom_audiences import CustomAudiencesSettings
from activation.destinations.kinds.meta_custom_audiences.people import keys_of, options_of, place_columns
from activation.destinations.kinds.platform_rows import in_portions, refuse_unplaced
from consent.network.errors import DeliveryRefused
from consent.network.hosts import AddressRefused
from consent.subjects.types import IdentifierKind

EMAIL, PHONE = IdentifierKind.EMAIL, IdentifierKind.PHONE
EMAIL_SHA256, PHONE_SHA256 = IdentifierKind.EMAIL_SHA256, IdentifierKind.PHONE_SHA256


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def google(**changes: Any) -> CustomerMatchSettings:
    told: dict[str, Any] = {"account_id": "1234567890", "audiences": {"a": "1"}, "terms_accepted": True}
    return CustomerMatchSettings(**(told | changes))


def meta(**changes: Any) -> CustomAudiencesSettings:
    return CustomAudiencesSettings(**({"audiences": {"a": "1"}} | changes))


# Google


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (" Ann.Lee@Example.COM ", "ann.lee@example.com"),
        ("user.name+NYC@Example.com", "user.name+nyc@example.com"),
        ("Cloudy.SanFrancisco+shopping@gmail.com", "cloudysanfrancisco@gmail.com"),
        ("a.b@googlemail.com", "ab@googlemail.com"),
        ("a.b@mail.gmail.com", "a.b@mail.gmail.com"),
        ("+x@gmail.com", ""),
        ("no address", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_an_address_is_written_as_google_writes_it(written: str | None, read: str) -> None:
    assert google_email(written) == read


def test_google_knows_a_person_by_hashes_of_every_identifier_there_is() -> None:
    columns = {EMAIL: "mail", PHONE: "mobile"}

    known = identify({"mail": "A@Example.org", "mobile": "+49 (30) 123456"}, columns)

    assert known == {
        "userData": {
            "userIdentifiers": [
                {"emailAddress": digest("a@example.org")},
                {"phoneNumber": digest("+4930123456")},
            ]
        }
    }
    assert identify({"mail": "?", "mobile": None}, columns) is None


def test_a_masked_address_lacks_googles_rule_and_is_refused_unless_the_settings_accept_it() -> None:
    identifiers = {EMAIL_SHA256: "email"}

    with pytest.raises(DeliveryRefused, match="gmail"):
        columns_to_match(identifiers, google())

    columns = columns_to_match(identifiers, google(hashed_emails="accept"))
    masked = digest("a@example.org").upper()
    assert identify({"email": masked}, columns) == {
        "userData": {"userIdentifiers": [{"emailAddress": masked.lower()}]}
    }
    assert identify({"email": "a@example.org"}, columns) is None  # in clear where a hash is said to be


def test_a_masked_number_is_hashed_as_google_does() -> None:
    columns = columns_to_match({PHONE_SHA256: "phone"}, google())

    assert identify({"phone": digest("+4930123456")}, columns) is not None


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("granted", "granted"), ("CONSENT_GRANTED", "CONSENT_GRANTED")),
        ((True, "yes"), ("CONSENT_GRANTED", "CONSENT_GRANTED")),
        (("GRANTED", "denied"), ("CONSENT_GRANTED", "CONSENT_DENIED")),
        (("granted", None), ("CONSENT_GRANTED", "CONSENT_DENIED")),
        (("granted", ""), ("CONSENT_GRANTED", "CONSENT_DENIED")),
        (("denied", "granted"), None),
        ((None, "granted"), None),
        (("unspecified", "granted"), None),
        ((False, "granted"), None),
    ],
)
def test_consent_is_told_by_row_and_unknown_is_no(
    row: tuple[object, object], told: tuple[str, str] | None
) -> None:
    consent = consent_of(dict(zip(("ad_user_data", "ad_personalization"), row, strict=True)), google())

    assert consent == (dict(zip(("adUserData", "adPersonalization"), told, strict=True)) if told else None)


# Meta


def test_meta_knows_a_person_by_hashes_in_one_order_and_blanks() -> None:
    identifiers = {PHONE: "mobile", EMAIL: "mail", IdentifierKind.ADVERTISING_ID: "maid"}
    keys = keys_of(identifiers, meta())

    values = keys.values_of({"mail": " A@Example.org", "mobile": "+1 (650) 555-1212", "maid": None})

    assert keys.schema == ["EMAIL", "PHONE", "MADID"]
    assert values == [digest("a@example.org"), digest("16505551212"), ""]
    assert keys.values_of({"mail": None, "mobile": "12", "maid": ""}) is None


def test_a_masked_number_is_not_hashed_as_meta_does() -> None:
    with pytest.raises(DeliveryRefused, match="plus"):
        keys_of({PHONE_SHA256: "phone", EMAIL: "mail"}, meta())

    assert keys_of({PHONE_SHA256: "phone", EMAIL: "mail"}, meta(left_out=["phone"])).schema == ["EMAIL"]


def test_a_masked_address_is_hashed_as_meta_does() -> None:
    keys = keys_of({EMAIL_SHA256: "email"}, meta())

    assert keys.values_of({"email": digest("a@example.org")}) == [digest("a@example.org")]
    assert keys.values_of({"email": "a@example.org"}) is None


def test_own_numbers_go_to_meta_only_if_the_settings_say_so() -> None:
    identifiers = {IdentifierKind.CUSTOMER_ID: "number"}

    with pytest.raises(DeliveryRefused, match="send_external_ids"):
        keys_of(identifiers, meta())

    assert keys_of(identifiers, meta(send_external_ids=True)).values_of({"number": 17}) == ["17"]


@pytest.mark.parametrize(
    ("row", "options"),
    [
        ({"jurisdiction": "US-CA"}, [["LDU"], 1, 1000]),
        ({"jurisdiction": "us-co"}, [["LDU"], 1, 1001]),
        ({"jurisdiction": "US-CT"}, [["LDU"], 1, 1002]),
        ({"jurisdiction": "US-TX"}, [["LDU"], 0, 0]),  # Meta finds the place
        ({"jurisdiction": "US"}, [["LDU"], 0, 0]),
        ({"jurisdiction": None}, [["LDU"], 0, 0]),
        ({"jurisdiction": ""}, [["LDU"], 0, 0]),
        ({"jurisdiction": "DE"}, [[], 0, 0]),
        ({"limited_data_use": "yes"}, [["LDU"], 0, 0]),
        ({"limited_data_use": True}, [["LDU"], 0, 0]),
        ({"limited_data_use": None}, [["LDU"], 0, 0]),
        ({"limited_data_use": "perhaps"}, [["LDU"], 0, 0]),
        ({"limited_data_use": "no"}, [[], 0, 0]),
        ({"limited_data_use": False}, [[], 0, 0]),
        ({"limited_data_use": "yes", "jurisdiction": "US-CA"}, [["LDU"], 1, 1000]),
        ({"limited_data_use": None, "jurisdiction": "DE"}, [["LDU"], 0, 0]),
        ({"limited_data_use": "no", "jurisdiction": "US-CA"}, [[], 0, 0]),
    ],
)
def test_use_is_limited_by_row_and_unknown_is_limited(row: Mapping[str, Any], options: list[Any]) -> None:
    assert options_of(dict(row), meta(limited_data_use="by_row")) == options


def test_use_is_limited_for_everybody_unless_the_settings_say_otherwise() -> None:
    assert options_of({"limited_data_use": "no"}, meta()) == [["LDU"]]
    with pytest.raises(DeliveryRefused, match="limited_data_use"):
        place_columns(pa.schema([("email", pa.string())]), meta(limited_data_use="by_row"))


# All


def test_a_column_without_a_place_is_named_and_not_dropped_in_silence() -> None:
    schema = pa.schema([("email", pa.string()), ("income", pa.int64())])

    with pytest.raises(DeliveryRefused, match="income"):
        refuse_unplaced(schema, {"email"}, [], platform="Meta")
    with pytest.raises(DeliveryRefused, match="email"):
        refuse_unplaced(schema, {"email"}, ["email", "income"], platform="Meta")
    refuse_unplaced(schema, {"email"}, ["income"], platform="Meta")


@pytest.mark.parametrize(
    "url",
    [
        "https://graph.facebook.com.evil.example",
        "https://evilfacebook.com",
        "https://evil.example/graph.facebook.com",
        "http://graph.facebook.com",
        "https://127.0.0.1",
    ],
)
def test_credentials_of_a_platform_go_to_that_platform_only(url: str) -> None:
    with pytest.raises(AddressRefused, match="endpoint"):
        refuse_other_hosts(url, "endpoint", (".facebook.com",), Surroundings())

    refuse_other_hosts("https://graph.facebook.com", "endpoint", (".facebook.com",), Surroundings())


@pytest.mark.parametrize(
    ("count", "portions"),
    [(0, [0]), (1, [1]), (3, [3]), (4, [3, 1]), (6, [3, 3]), (7, [3, 3, 1])],
)
def test_portions_hold_everything_once_and_the_last_is_marked(count: int, portions: list[int]) -> None:
    found = list(in_portions(range(count), 3))

    assert [item for portion, _ in found for item in portion] == list(range(count))
    assert [len(portion) for portion, _ in found] == portions
    assert [is_last for _, is_last in found] == [False] * (len(portions) - 1) + [True]
