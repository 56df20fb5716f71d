"""Flags that an obligation sets: which fixed texts a recipient understands."""

import pytest

from consent.signals.consent_mode import ConsentType
from consent.signals.flags import PERSONS_STRINGS, check_flag


@pytest.mark.parametrize("name", ConsentType)
@pytest.mark.parametrize("value", ["granted", "denied"])
def test_a_flag_of_consent_mode_is_granted_or_denied(name: str, value: str) -> None:
    assert check_flag(name, value) is None
    assert check_flag(name, value.title())
    assert check_flag(name, "yes")
    assert check_flag(name, "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gcs", "G100"),
        ("us_privacy", "1YYN"),
        ("us_privacy", "1---"),
        ("limited_data_use", "true"),
        ("limited_data_use", "false"),
        ("data_processing_options", "LDU"),
        ("data_processing_options", ""),
        ("data_processing_options_country", "1"),
        ("data_processing_options_state", "1000"),
        ("restricted_data_use", "true"),
        ("campaign", "whatever it is"),
    ],
)
def test_what_a_recipient_understands_is_taken(name: str, value: str) -> None:
    assert check_flag(name, value) is None
    assert check_flag(f" {name.upper()} ", value) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gcs", "granted"),
        ("us_privacy", "2YYN"),
        ("usp", "1yyn"),
        ("IABUSPrivacy_String", ""),
        ("limited_data_use", "granted"),
        ("data_processing_options", "ldu"),
        ("data_processing_options_country", "US"),
        ("data_processing_options_state", "CA"),
        ("data_processing_options_state", "999"),
    ],
)
def test_what_a_recipient_does_not_understand_is_refused(name: str, value: str) -> None:
    assert check_flag(name, value)


@pytest.mark.parametrize("name", sorted(PERSONS_STRINGS))
def test_no_fixed_text_stands_for_a_persons_string(name: str) -> None:
    assert check_flag(name, "")
    assert check_flag(name.upper(), "DBAA")
