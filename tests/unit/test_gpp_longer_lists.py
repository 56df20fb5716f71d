"""`usnat` of version 1 with the lists of version 2, as banners have written it since 2025."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from consent.signals import gpp
from consent.signals.errors import MalformedSignal
from consent.signals.gpp import GppString, Section
from consent.signals.gpp.declarations import DECLARATIONS
from consent.signals.gpp.padding import to_text
from consent.signals.gpp.segments import SegmentCodec, read_fields, write_fields
from consent.signals.mapping.sensitive import CRIME_VICTIM, find_opted_out
from consent.signals.reading import Strict
from tests.gpp_strings import make_section, seeded
from tests.signals_reference import node
from tests.signals_reference.gpp_forms import agrees

CORE = DECLARATIONS[7].versions[1][0]
SHORT, LONG = (12, 2), (16, 3)
HEADER = "DBABLA~"


def make_long(seed: int) -> GppString:
    """Return a string of `usnat`, version 1, that has the fields of version 2."""
    return GppString({7: replace(make_section(7, 2, seeded(seed)), version=1)})


def lengths_of(section: Section) -> tuple[int, ...]:
    fields: dict[str, Any] = dict(section.fields)
    return len(fields["SensitiveDataProcessing"]), len(fields["KnownChildSensitiveDataConsents"])


def test_it_comes_back_from_its_text_and_from_its_json() -> None:
    for seed in range(300):
        string = make_long(seed)
        text = gpp.encode(string)

        assert gpp.decode(text) == string
        assert gpp.encode(gpp.decode(text)) == text
        assert gpp.decode_leniently(text) == (string, ())
        assert gpp.from_json(gpp.to_json(string)) == string
        assert lengths_of(gpp.decode(text).sections[7]) == LONG


def test_the_reference_reads_it_as_the_same_but_for_the_ends_of_the_lists() -> None:
    if not node.is_there():
        pytest.skip(node.MISSING)
    strings = [make_long(seed) for seed in range(500)]

    read = node.ask("gpp.mjs", [{"decode": gpp.encode(string)} for string in strings])

    assert all(agrees(ours, theirs["sections"]) for ours, theirs in zip(strings, read, strict=True))


def test_no_text_can_be_read_with_both_lengths() -> None:
    """Only 12 characters fit both. Read with short lists, the last 12 bits are zeros that fill them up."""
    codec = SegmentCodec(CORE)
    for bits in map("".join, product("01", repeat=12)):
        text = to_text("000001" + "00" * 24 + bits + "0" * 6)
        forms = [_read(form, text) for form in (CORE.fields, CORE.longer)]

        assert forms.count(None) >= 1
        assert _read_whole(codec, text) == (forms[0] or forms[1])


def _read(form: Any, text: str) -> dict[str, Any] | None:
    try:
        fields = read_fields(form, text, 0, Strict())
    except MalformedSignal:
        return None
    del fields["Version"]
    return fields


def _read_whole(codec: SegmentCodec, text: str) -> dict[str, Any] | None:
    try:
        return codec.read(text, 0, Strict())
    except MalformedSignal:
        return None


@pytest.mark.parametrize("length", [10, 11, 12])
def test_a_short_one_stays_short_however_it_is_filled_up(length: int) -> None:
    for seed in range(200):
        short = make_section(7, 1, seeded(seed))
        text = to_text(write_fields(CORE.fields, short.fields))[:length].ljust(length, "A")

        assert lengths_of(gpp.decode(HEADER + text).sections[7]) == SHORT


@pytest.mark.parametrize(("sensitive", "children"), [(12, 3), (16, 2), (13, 2), (17, 3), (0, 0)])
def test_lists_of_other_lengths_are_not_written(sensitive: int, children: int) -> None:
    fields = {
        **make_section(7, 1, seeded(1)).fields,
        "SensitiveDataProcessing": (0,) * sensitive,
        "KnownChildSensitiveDataConsents": (0,) * children,
    }

    with pytest.raises(MalformedSignal) as refused:
        gpp.encode(GppString({7: Section(7, "usnat", 1, fields)}))

    assert refused.value.fault.reason == "wrong_length"


def test_a_no_at_the_end_of_the_longer_list_is_heard() -> None:
    values = [2] * 16
    values[13] = 1

    assert find_opted_out("usnat", tuple(values), no=1) == {CRIME_VICTIM}


def test_a_codec_that_knows_only_the_short_form_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    codec = SegmentCodec(CORE)
    text = gpp.encode(make_long(1)).split("~")[1].split(".")[0]
    assert codec.read(text, 0, Strict())

    monkeypatch.setattr(codec, "_longer", None)

    with pytest.raises(MalformedSignal):
        codec.read(text, 0, Strict())
