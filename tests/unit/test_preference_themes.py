"""Themes keep pages readable, and nothing but known values reaches a page."""

import pytest

from consent.portal.preferences.pages.dressing import make_dress
from consent.portal.preferences.pages.logos import PNG, SVG, LogoRefused, find_type
from consent.portal.preferences.pages.themes import DEFAULTS, contrast, find_faults, read_variables, write_css

HOSTILE = [
    "red;}</style><script>alert(1)</script>",
    "url(https://evil.example)",
    "#0b5d6b\n",
    "expression(alert(1))",
    "#0B5D6B",
    "#fff",
    "",
    None,
    7,
    ["#0b5d6b"],
]


def test_the_pages_own_look_has_every_contrast_that_it_needs() -> None:
    assert list(find_faults(DEFAULTS)) == []
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", ["accent", "radius", "font", "dark_text"])
def test_a_value_that_is_none_never_reaches_the_page_and_is_refused(name: str, value: object) -> None:
    assert [fault.name for fault in find_faults({name: value})] == [name]
    assert read_variables({name: value}) == DEFAULTS
    assert write_css({name: value}) == write_css({})
    assert "<" not in make_dress({name: value}).css


def test_a_colour_that_cannot_be_read_on_another_is_refused_with_how_far_it_is_off() -> None:
    fault = next(find_faults({"soft": "#aaaaaa"}))

    assert fault.name == "soft"
    assert "4.5:1 is the least" in fault.message


def test_an_unknown_variable_is_refused() -> None:
    assert [fault.name for fault in find_faults({"position": "fixed"})] == ["position"]


@pytest.mark.parametrize(
    "picture",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><a href='https://evil.example'/></svg>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><image href='https://evil.example/x.png'/></svg>",
        b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>",
        b"<html/>",
        b"GIF89a",
        b"",
        b"\x00\xff",
        b"\x89PNG\r\n\x1a\n" + b"0" * 17_000,
    ],
)
def test_a_picture_that_acts_leads_out_or_is_large_is_no_logo(picture: bytes) -> None:
    with pytest.raises(LogoRefused):
        find_type(picture)


def test_a_plain_picture_is_a_logo() -> None:
    assert find_type(b"\x89PNG\r\n\x1a\n" + b"0" * 100) == PNG
    assert find_type(b"<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0h9v9z'/></svg>") == SVG
