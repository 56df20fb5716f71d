"""GPC, consent mode, Limited Data Use and Apple's status: read and written exactly."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.signals.app_tracking import NAMES, AppTracking, read_status, write_status
from consent.signals.consent_mode import ConsentType, State, read_gcs, read_modes, write_gcs, write_modes
from consent.signals.errors import MalformedSignal
from consent.signals.gpc import (
    Support,
    check_support,
    is_any_signalled,
    is_signalled,
    read_support,
    write_support,
)
from consent.signals.meta_ldu import LimitedDataUse, read_limited, write_limited

# The Global Privacy Control.


def test_the_signal_is_the_one_character_and_nothing_else() -> None:
    assert is_signalled("1")


OTHERS = ["", " 1", "1 ", "1, 1", "1,1", "11", "01", "1;x", "true", "yes", "0", "\uff11", None, 1, True, b"1"]


@pytest.mark.parametrize("value", OTHERS)
def test_whatever_else_is_no_signal(value: object) -> None:
    assert not is_signalled(value)


@pytest.mark.parametrize(
    "mistaken",
    [
        lambda value: str(value).strip() == "1",
        lambda value: str(value).lower() in {"1", "true"},
        lambda value: str(value).startswith("1"),
        lambda value: "1" in str(value).split(", "),
        lambda value: value in (1, "1"),
        lambda value: str(value).isdecimal() and int(value) == 1,
    ],
    ids=["strips", "takes true", "takes a beginning", "splits lists", "takes a number", "counts"],
)
def test_a_laxer_reading_would_be_seen(mistaken: Callable[[object], bool]) -> None:
    assert any(map(mistaken, OTHERS))


@given(st.text())
def test_no_other_text_is_a_signal(value: str) -> None:
    assert is_signalled(value) == (value == "1")


@pytest.mark.parametrize(
    ("lines", "heard"),
    [([], False), (["1"], True), (["0", "1"], True), (["1", "1"], True), (["0", ""], False)],
)
def test_one_line_of_several_is_enough(lines: list[str], heard: bool) -> None:
    assert is_any_signalled(lines) is heard


def test_our_document_comes_back_as_it_was_written() -> None:
    written = write_support(gpc=True, last_update=date(2026, 11, 30))

    assert written == {"gpc": True, "lastUpdate": "2026-11-30"}
    assert check_support('{"gpc": true, "lastUpdate": "2026-11-30"}') == Support(True, "2026-11-30")


def test_a_time_is_written_as_its_day() -> None:
    at = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)

    assert write_support(gpc=False, last_update=at) == {"gpc": False, "lastUpdate": "2026-11-30"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not_json"),
        ("{", "not_json"),
        ('{"gpc": true, "gpc": false}', "not_json"),
        ("[]", "not_an_object"),
        ("true", "not_an_object"),
        ("{}", "not_a_truth"),
        ('{"gpc": 1}', "not_a_truth"),
        ('{"gpc": "true"}', "not_a_truth"),
        ('{"gpc": null}', "not_a_truth"),
    ],
)
def test_a_document_that_leaves_support_unknown_is_refused(text: str, reason: str) -> None:
    with pytest.raises(MalformedSignal) as refused:
        read_support(text)

    assert refused.value.fault.reason == reason


@pytest.mark.parametrize("told", ["null", "2026", '"2026-02-30"', '"2026-11-30T10:00"', '"30.11.2026"', '""'])
def test_a_date_that_is_none_leaves_the_date_unknown_and_our_own_document_refused(told: str) -> None:
    text = f'{{"gpc": true, "lastUpdate": {told}, "more": []}}'

    assert read_support(text) == Support(True, None)
    with pytest.raises(MalformedSignal) as refused:
        check_support(text)
    assert refused.value.fault.field == "lastUpdate"


def test_a_time_is_a_date_too() -> None:
    assert check_support('{"gpc": true, "lastUpdate": "2026-11-30T10:00:00.000Z"}').gpc


# Google's consent mode.


@pytest.mark.parametrize("states", list(product([None, *State], repeat=2)))
def test_each_pair_of_storages_has_a_parameter_and_comes_back(
    states: tuple[State | None, State | None],
) -> None:
    kinds = (ConsentType.AD_STORAGE, ConsentType.ANALYTICS_STORAGE)
    modes = {kind: state for kind, state in zip(kinds, states, strict=True) if state}

    assert read_gcs(write_gcs(modes)) == modes


def test_the_parameter_puts_ads_before_analytics() -> None:
    assert read_gcs("G110") == {
        ConsentType.AD_STORAGE: State.GRANTED,
        ConsentType.ANALYTICS_STORAGE: State.DENIED,
    }


@pytest.mark.parametrize("value", ["", "G1", "G11", "G1111", "G211", "g111", "G1 1", "G12-", "111", None])
def test_another_parameter_is_refused(value: object) -> None:
    with pytest.raises(MalformedSignal):
        read_gcs(value)


def test_all_seven_types_come_back_in_googles_order() -> None:
    told = {kind.value: "granted" if number % 2 else "denied" for number, kind in enumerate(ConsentType)}

    assert list(write_modes(read_modes(dict(reversed(told.items()))))) == list(told)
    assert write_modes(read_modes(told)) == told


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"ad_user_data": "yes"}, "ad_user_data"),
        ({"ad_user_data": True}, "ad_user_data"),
        ({"ad_user_data": "Granted"}, "ad_user_data"),
        ({"ad_user_data": None}, "ad_user_data"),
        ({"ads_storage": "granted"}, "ads_storage"),
        ({1: "granted"}, "1"),
        ([], ""),
        ("granted", ""),
    ],
)
def test_another_type_or_state_is_refused_by_its_name(value: Any, field: str) -> None:
    with pytest.raises(MalformedSignal) as refused:
        read_modes(value)

    assert refused.value.fault.field == field


# Meta's Limited Data Use.


@pytest.mark.parametrize(
    "limited",
    [
        LimitedDataUse(False),
        LimitedDataUse(True),
        LimitedDataUse(True, 1),
        LimitedDataUse(True, 1, 1000),
        LimitedDataUse(True, 1, 1001),
    ],
)
def test_what_is_limited_comes_back(limited: LimitedDataUse) -> None:
    assert read_limited(write_limited(limited)) == limited


def test_the_empty_list_says_that_nothing_is_limited() -> None:
    assert write_limited(LimitedDataUse(False)) == {"data_processing_options": []}


@pytest.mark.parametrize(
    ("options", "country", "state", "reason"),
    [
        (None, 0, 0, "unknown_option"),
        ("LDU", 0, 0, "unknown_option"),
        (["ldu"], 0, 0, "unknown_option"),
        (["LDU", "LDU"], 0, 0, "unknown_option"),
        (["LDU"], 2, 0, "unknown_country"),
        (["LDU"], True, 0, "not_a_number"),
        (["LDU"], "1", 0, "not_a_number"),
        (["LDU"], 1, 999, "unknown_state"),
        (["LDU"], 1, 1100, "unknown_state"),
        (["LDU"], 0, 1000, "state_of_nowhere"),
        ([], 1, 1000, "place_without_option"),
    ],
)
def test_another_option_or_place_is_refused(options: Any, country: Any, state: Any, reason: str) -> None:
    told = {
        "data_processing_options": options,
        "data_processing_options_country": country,
        "data_processing_options_state": state,
    }

    with pytest.raises(MalformedSignal) as refused:
        read_limited(told)

    assert refused.value.fault.reason == reason


# Apple's status.


@pytest.mark.parametrize("status", AppTracking)
def test_each_status_comes_back_from_its_name_and_its_number(status: AppTracking) -> None:
    assert read_status(write_status(status)) is status
    assert read_status(int(status)) is status


def test_the_numbers_are_apples() -> None:
    assert [read_status(number) for number in range(4)] == list(map(read_status, NAMES))


@pytest.mark.parametrize("value", [-1, 4, True, "1", "Denied", "", None, 1.0])
def test_another_status_is_refused(value: object) -> None:
    with pytest.raises(MalformedSignal):
        read_status(value)


def test_only_what_somebody_decided_is_a_no() -> None:
    assert [status for status in AppTracking if status.is_no] == [AppTracking.RESTRICTED, AppTracking.DENIED]
