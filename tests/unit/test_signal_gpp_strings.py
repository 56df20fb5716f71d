"""GPP strings as the mapping reads them: sections of tomorrow are named, and anything else is refused."""

import pytest

from consent.signals.errors import MalformedSignal
from consent.signals.gpp.header import write_header
from consent.signals.intervals import IdSet
from consent.signals.mapping.gpp_strings import read_gpp
from consent.signals.mapping.resolving import resolve
from consent.signals.mapping.types import Received
from tests.signal_worlds import CALIFORNIA, MAPPING, NOON, PURPOSE


def written(*sections: str, ids: tuple[int, ...]) -> str:
    return "~".join((write_header(IdSet.of(ids)), *sections))


@pytest.mark.parametrize(
    ("text", "read", "unread"),
    [
        (written("1YNN", ids=(6,)), {6}, ()),
        (written("1YNN", "BAAA", ids=(6, 40)), {6}, (40,)),
        (written("BAAA", "CAAA", ids=(3, 99)), set(), (3, 99)),
        (written("1YNN", "9AAA", ids=(6, 7)), {6}, (7,)),
        (written("2YNN", ids=(6,)), {6}, (6,)),
    ],
    ids=["known", "unknown-section", "two", "unknown-version", "us-privacy-2"],
)
def test_sections_that_nobody_knows_yet_are_named(text: str, read: set[int], unread: tuple[int, ...]) -> None:
    found, left = read_gpp(text)

    assert set(found.sections) == read
    assert left == unread


@pytest.mark.parametrize(
    "text",
    [
        "",
        "~",
        "CBAA",
        "DCAA",
        written("1YXN", "BAAA", ids=(6, 40)),
        written("1YNN", ids=(6, 40)),
        written("1YNN", "BAAA", "BAAA", ids=(6, 40)),
    ],
    ids=["empty", "no-header", "type", "version", "other-fault", "too-few", "too-many"],
)
def test_anything_else_that_is_wrong_is_refused(text: str) -> None:
    with pytest.raises(MalformedSignal):
        read_gpp(text)


def test_a_section_of_tomorrow_opts_out() -> None:
    found, unread = read_gpp(written("1YNN", "BAAA", ids=(6, 40)))

    told = resolve(MAPPING, Received(gpp=found, gpp_unread=unread), CALIFORNIA, (), NOON)

    assert [(one.purpose, one.source) for one in told.outcomes] == [(PURPOSE, "gpp:40")]
