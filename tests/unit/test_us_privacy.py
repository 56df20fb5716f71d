"""US Privacy strings: there are 27, and nothing else is one."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.signals import us_privacy
from consent.signals.errors import MalformedSignal
from consent.signals.us_privacy import UsPrivacy

ALL = {f"1{notice}{sale}{lspa}": (notice, sale, lspa) for notice, sale, lspa in product("YN-", repeat=3)}


@pytest.mark.parametrize("text", ALL)
def test_each_string_says_what_its_letters_say(text: str) -> None:
    value = us_privacy.decode(text)

    assert (value.notice, value.opt_out_sale, value.lspa_covered) == ALL[text]
    assert value.version == 1
    assert us_privacy.encode(value) == text
    assert us_privacy.from_json(us_privacy.to_json(value)) == value
    assert us_privacy.decode_leniently(text) == (value, ())


def test_the_json_has_the_names_that_gpp_gives_the_parts() -> None:
    assert us_privacy.to_json(us_privacy.decode("1YN-")) == {
        "Version": 1,
        "Notice": "Y",
        "OptOutSale": "N",
        "LspaCovered": "-",
    }


@pytest.mark.parametrize(
    ("text", "reason", "position"),
    [
        ("", "unknown_version", 0),
        ("2YNN", "unknown_version", 0),
        ("YNN", "unknown_version", 0),
        ("1", "truncated", 1),
        ("1Y", "truncated", 2),
        ("1YN", "truncated", 3),
        ("1YNNN", "overlong", 4),
        ("1YNN ", "overlong", 4),
        ("1yNN", "not_allowed", 1),
        ("1YXN", "not_allowed", 2),
        ("1YN\n", "not_allowed", 3),
        ("\u0661YNN", "unknown_version", 0),
    ],
)
def test_anything_else_is_refused_with_its_place(text: str, reason: str, position: int) -> None:
    with pytest.raises(MalformedSignal) as refused:
        us_privacy.decode(text)

    assert (refused.value.fault.reason, refused.value.fault.position) == (reason, position)
    assert reason in {fault.reason for fault in us_privacy.decode_leniently(text)[1]}


@given(st.text("1YN-y \x002é", max_size=6))
def test_a_text_is_one_of_the_27_or_refused(text: str) -> None:
    us_privacy.decode_leniently(text)
    if text in ALL:
        us_privacy.decode(text)
        return
    with pytest.raises(MalformedSignal):
        us_privacy.decode(text)


def test_a_small_letter_is_read_leniently_and_an_unknown_one_is_not_applicable() -> None:
    read, ignored = us_privacy.decode_leniently("1yX")

    assert read == UsPrivacy("Y", "-", "-")
    assert [(fault.reason, fault.position) for fault in ignored] == [
        ("not_allowed", 1),
        ("not_allowed", 2),
        ("truncated", 3),
    ]


@pytest.mark.parametrize(
    "told", [{}, {"Notice": "Y"}, {"Notice": "Y", "OptOutSale": "N", "LspaCovered": "?"}]
)
def test_json_that_lacks_a_part_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(MalformedSignal):
        us_privacy.from_json(told)


@pytest.mark.parametrize("more", [{"Version": 2}, {"Version": True}, {"Version": "1"}, {"Other": 1}])
def test_json_of_another_version_or_with_another_part_is_refused(more: dict[str, object]) -> None:
    with pytest.raises(MalformedSignal):
        us_privacy.from_json({"Notice": "Y", "OptOutSale": "N", "LspaCovered": "-", **more})


@pytest.mark.parametrize(
    "value", [UsPrivacy("y", "N", "N"), UsPrivacy("Y", "N", ""), UsPrivacy("Y", "N", "N", version=2)]
)
def test_a_value_that_is_not_allowed_is_not_written(value: UsPrivacy) -> None:
    with pytest.raises(MalformedSignal) as refused:
        us_privacy.encode(value)

    assert refused.value.fault.position is None
    assert refused.value.fault.field
