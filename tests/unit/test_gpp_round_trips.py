"""What is written is read again: every section in every version, with values of every kind."""

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.signals import gpp
from consent.signals.gpp import GppString
from consent.signals.gpp.declarations import DECLARATIONS
from consent.signals.gpp.declared import VERSION, SubSection
from consent.signals.gpp.padding import lengths, to_text
from consent.signals.gpp.segments import SegmentCodec, read_fields, write_fields
from consent.signals.reading import Strict
from tests.gpp_strings import EVERY, make_fields, make_gpp, make_section

CHANCE = st.randoms(use_true_random=False)
SECTIONS = pytest.mark.parametrize(("id_", "version"), EVERY)


@SECTIONS
@given(chance=CHANCE)
@settings(max_examples=12, deadline=None)
def test_a_section_comes_back_from_its_text_and_from_its_json(id_: int, version: int, chance: Random) -> None:
    string = GppString({id_: make_section(id_, version, chance)})

    text = gpp.encode(string)

    assert gpp.decode(text) == string
    assert gpp.decode_leniently(text) == (string, ())
    assert gpp.encode(gpp.decode(text)) == text
    assert gpp.from_json(gpp.to_json(string)) == string


@given(st.integers(0, 1 << 32))
@settings(max_examples=25, deadline=None)
def test_a_string_of_many_sections_comes_back(seed: int) -> None:
    string = make_gpp(seed, most=len(EVERY))

    text = gpp.encode(string)

    assert gpp.decode(text) == string
    assert gpp.encode(gpp.decode(text)) == text
    assert list(gpp.decode(text).sections) == sorted(string.sections)


def _parts() -> Iterator[tuple[str, SubSection]]:
    for declaration in DECLARATIONS.values():
        for version, parts in declaration.versions.items():
            for part in parts:
                yield f"{declaration.prefix}-{version}-{part.name}", part


PARTS = dict(_parts())


@pytest.mark.parametrize("name", PARTS)
@given(chance=CHANCE)
@settings(max_examples=5, deadline=None)
def test_a_segment_read_and_written_whole_is_the_same_as_field_by_field(name: str, chance: Random) -> None:
    part = PARTS[name]
    version = int(name.split("-")[1])
    codec = SegmentCodec(part)
    own = make_fields(part, chance)
    bits = write_fields(part.fields, {VERSION: version, **own})

    assert codec.write(own) == to_text(bits)
    for length in lengths(len(bits)):
        text = to_text(bits)[:length].ljust(length, "A")
        slowly = read_fields(part.fields, text, 0, Strict())
        slowly.pop(VERSION, None)
        assert codec.read(text, 0, Strict()) == own == slowly


@pytest.mark.parametrize(
    "text", ["DBABM~", "DBABMA~", "DBABLA~BVVqAAAAAgA", "DBABLA~BVVqAAAAAgA.Y", "DBABLA~BVVqAAAAAgA.YAAA"]
)
def test_texts_that_are_filled_up_in_another_way_are_read_as_the_same(text: str) -> None:
    section = "CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA" if text.endswith("~") else ""

    read = gpp.decode(text + section)

    assert gpp.decode(gpp.encode(read)) == read
    assert gpp.encode(read).split("~")[0] in {"DBABMA", "DBABLA"}
