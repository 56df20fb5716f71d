"""GPP strings as the mapping reads them: a section that cannot be read is named, and opts out."""

from dataclasses import replace

import pytest

from consent.signals.errors import MalformedSignal
from consent.signals.gpp import decode, encode
from consent.signals.gpp.header import write_header
from consent.signals.intervals import IdSet
from consent.signals.mapping import gpp_strings
from consent.signals.mapping.gpp_strings import read_gpp
from consent.signals.mapping.resolving import resolve
from consent.signals.mapping.types import FrameworkTerms, Received, Row, Standing, Word
from consent.signals.tcf import encode as encode_tc
from tests.gpp_hostile import canada
from tests.gpp_strings import make_gpp
from tests.signal_worlds import CALIFORNIA, DAY, GERMANY, MAPPING, NOON, PURPOSE
from tests.tcf_strings import make_typical

NOBODY_SELLS = "BVVqAAAAAgA"
TC_TEXT = encode_tc(make_typical(1))


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
        (written("1YXN", "BAAA", ids=(6, 40)), {6}, (6, 40)),
        (written("1YNN", NOBODY_SELLS[:9], ids=(6, 7)), {6, 7}, (7,)),
        (written("1YNN", "", ids=(6, 7)), {6}, (7,)),
        (written("BCAEAAAAAAA.QA", ids=(7,)), {7}, (7,)),
        (written("BVXqAAAAAgA", ids=(7,)), {7}, (7,)),
        (written(NOBODY_SELLS + ".QA.QA", ids=(7,)), {7}, (7,)),
        (written(TC_TEXT[:-5], NOBODY_SELLS, ids=(2, 7)), {7}, (2,)),
    ],
    ids=[
        *("known", "unknown-section", "two", "unknown-version", "us-privacy-2", "no-letter-of-us-privacy"),
        *("cut", "empty", "mspa-0", "a-three", "a-segment-twice", "a-tc-string-cut"),
    ],
)
def test_sections_that_cannot_be_read_are_named_and_the_others_are_read(
    text: str, read: set[int], unread: tuple[int, ...]
) -> None:
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
        written("1YNN", ids=(6, 40)),
        written("1YNN", "BAAA", "BAAA", ids=(6, 40)),
    ],
    ids=["empty", "no-header", "type", "version", "too-few", "too-many"],
)
def test_a_text_whose_sections_cannot_be_told_apart_is_refused(text: str) -> None:
    with pytest.raises(MalformedSignal):
        read_gpp(text)


def test_a_section_of_tomorrow_opts_out() -> None:
    found, unread = read_gpp(written("1YNN", "BAAA", ids=(6, 40)))

    told = resolve(MAPPING, Received(gpp=found, gpp_unread=unread), CALIFORNIA, (), NOON)

    assert [(one.purpose, one.source) for one in told.outcomes] == [(PURPOSE, "gpp:40")]


@pytest.mark.parametrize("core", ["BCAEAAAAAAA.QA", "BAAAAAAAAAA", "BVVqAAAA", "", "BVXqAAAAAgA", "!"])
def test_a_section_that_is_refused_opts_out(core: str) -> None:
    with pytest.raises(MalformedSignal):
        decode(written(core, ids=(7,)))
    found, unread = read_gpp(written("1YNN", core, ids=(6, 7)))

    told = resolve(MAPPING, Received(gpp=found, gpp_unread=unread), CALIFORNIA, (), NOON)

    assert [(one.purpose, one.source, one.choice) for one in told.outcomes] == [
        (PURPOSE, "gpp:7", Word.OPTED_OUT)
    ]


def test_a_reader_that_passes_over_what_it_cannot_read_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpp_strings, "_NO_YES", "not_allowed")

    assert read_gpp(written("BCAEAAAAAAA.QA", ids=(7,)))[1] == ()


def test_strings_that_are_in_order_are_read_as_strictly() -> None:
    for seed in range(200):
        text = encode(make_gpp(seed))

        assert read_gpp(text) == (decode(text), ())


def test_gpc_in_a_section_that_is_refused_is_heard() -> None:
    found, unread = read_gpp(written("BAAAAAAAAAA.YA", ids=(7,)))

    told = resolve(MAPPING, Received(gpp=found, gpp_unread=unread), CALIFORNIA, (), NOON)

    assert {one.choice for one in told.outcomes} == {Word.SIGNAL, Word.OPTED_OUT}


def test_of_a_section_that_can_say_yes_nothing_is_taken_but_what_is_in_order() -> None:
    canadian = encode(canada(IdSet.of((1, 2, 3)))).partition("~")[2]
    for id_, text in ((2, TC_TEXT), (5, canadian)):
        for place in range(len(text)):
            found, unread = read_gpp(written(text[:place] + "!" + text[place + 1 :], ids=(id_,)))

            assert (found.sections, unread) == ({}, (id_,))


def test_a_no_in_a_tc_string_that_is_cut_takes_back_the_yes_of_the_one_before() -> None:
    yes = Standing(purpose=PURPOSE, source="tcf", choice="granted", effective_at=NOON - DAY)
    mapping = replace(MAPPING, purposes={PURPOSE: Row(tcf=FrameworkTerms(purposes=(1,)))})
    found, unread = read_gpp(written(TC_TEXT[:-5], ids=(2,)))

    told = resolve(mapping, Received(gpp=found, gpp_unread=unread), GERMANY, (yes,), NOON)

    assert [(one.purpose, one.source) for one in told.outcomes] == [(PURPOSE, "gpp:2")]
    assert [one.won for one in told.conflicts] == ["heard"]
