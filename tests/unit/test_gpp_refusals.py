"""Strictly, a text is refused or means exactly what it says: it is written again as it was."""

import re
from collections.abc import Iterator

import pytest

from consent.signals import gpp
from consent.signals.base64url import ALPHABET, from_bits, to_bits
from consent.signals.errors import MalformedSignal
from consent.signals.gpp import GppString
from consent.signals.gpp.fibonacci import to_codeword
from consent.signals.gpp.header import read_header, write_header
from consent.signals.gpp.padding import to_text
from consent.signals.intervals import IdSet
from consent.signals.reading import Strict
from tests.gpp_hostile import canada
from tests.gpp_strings import EVERY, make_section, seeded

US = tuple(pair for pair in EVERY if pair[0] > 5)
TEXTS = {
    f"{id_}-{version}": gpp.encode(GppString({id_: make_section(id_, version, seeded(id_))}))
    for id_, version in US
}
LIKE_ANOTHER = {"9-1", "19-1", "22-1", "23-1", "26-1", "27-1"}
SHORT = {name: text for name, text in TEXTS.items() if name not in LIKE_ANOTHER} | {
    "canada": "DBABDA~BQdWToAQdWToAABABBENABBAAMAAAAAAAAJjAKNZrTDQw5BtQWAAAAIOAB6AEWQxAAA3"
    ".aAAAAAAAAZg.IAEsiA",
    "europe": "DBABM~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA",
    "two": "DBABrYA~CAAQAAAAAABA.QA~BAQAAABA.YA~BAQAABA",
}
"""Twenty strings whose every character is changed to every other."""
FILLING = 3
"""Characters: one writer fills up to 6 bits, another to 24."""
OTHERS = ALPHABET + "~.+ "


def faithful(text: str) -> bool:
    """Return whether `text` is refused, or written again as it was but for zeros that fill segments up."""
    try:
        again = gpp.encode(gpp.decode(text))
    except MalformedSignal as error:
        return error.fault.position is not None and error.fault.position <= len(text)
    grouped = _grouped(text)
    return _without_filling(again) == _without_filling(grouped) and _are_as_long(again, grouped)


def _grouped(text: str) -> str:
    """Return an accepted text with its header as writers write it: ids that touch as one group."""
    header, *parts = text.split("~")
    return "~".join((write_header(tuple(read_header(header, Strict()))), *parts))


def _without_filling(text: str) -> list[list[str]]:
    return [[segment.rstrip("A") for segment in part.split(".")] for part in text.split("~")]


def _are_as_long(again: str, text: str) -> bool:
    """Return whether no segment lost more zeros than writers differ by: fields may be zeros, too."""
    lengths = [[len(segment) for segment in re.split("[~.]", one)] for one in (again, text)]
    return all(abs(first - second) <= FILLING for first, second in zip(*lengths, strict=True))


def changes_of(text: str) -> Iterator[str]:
    """Yield `text` with one character changed to each other one, left out, or doubled."""
    for place, old in enumerate(text):
        for new in ("", old * 2, *OTHERS):
            if new != old:
                yield text[:place] + new + text[place + 1 :]


def test_there_are_twenty_texts_to_change() -> None:
    assert len(SHORT) == 20
    assert all(faithful(text) for text in SHORT.values())


@pytest.mark.parametrize("name", SHORT)
def test_each_change_of_one_character_is_refused_or_means_what_it_says(name: str) -> None:
    assert [text for text in changes_of(SHORT[name]) if not faithful(text)] == []


@pytest.mark.parametrize("name", [*TEXTS, "canada", "europe"])
def test_a_string_cut_at_any_bit_is_refused_or_means_what_it_says(name: str) -> None:
    text = {**TEXTS, **SHORT}[name]
    for place in range(len(text)):
        assert faithful(text[:place])
        if text[place] in ALPHABET:
            bits = to_bits(text[place], Strict())
            for width in range(1, 6):
                assert faithful(text[:place] + from_bits(bits[:width]))


@pytest.mark.parametrize("name", TEXTS)
def test_a_section_cut_before_its_last_field_is_refused_as_truncated(name: str) -> None:
    text = TEXTS[name].split(".")[0]
    start = text.index("~") + 1
    shortest = len(text.rstrip("A"))
    for place in range(start + 1, shortest - 3):
        with pytest.raises(MalformedSignal) as refused:
            gpp.decode(text[:place])
        fault = refused.value.fault
        assert fault.reason in {"truncated", "not_allowed"}
        assert fault.reason != "truncated" or fault.position == place
        assert fault.field


def _write_touching() -> str:
    """Return Canada's section with vendors 1, 2 and 4,000, each told singly."""
    header, core = gpp.encode(canada(IdSet())).split("~")
    bits = to_bits(core, Strict())
    singles = "".join(f"0{to_codeword(offset)}" for offset in (1, 1, 3_998))
    return f"{header}~{to_text(f'{bits[:199]}{4_000:016b}1{3:012b}{singles}{bits[216:245]}')}"


BAD = {
    "nothing": ("", "truncated", 0),
    "no header": ("~", "truncated", 0),
    "another type": ("CBABLA~BVVqAAAAAgA", "unknown_type", 0),
    "another version": ("DCABLA~BVVqAAAAAgA", "unknown_version", 1),
    "a header cut off": ("DBAB~1YNN", "truncated", 4),
    "a header too long": ("DBABLAAAAA~BVVqAAAAAgA", "overlong", 5),
    "a one behind the header": ("DBABLB~BVVqAAAAAgA", "not_zero_padding", 5),
    "too few sections": ("DBABLA", "section_count", 6),
    "too many sections": ("DBABLA~BVVqAAAAAgA~1YNN", "section_count", 19),
    "a section of no id": ("DBABKYA~BVVqAAAAAgA", "unknown_section", 8),
    "an empty section": ("DBABLA~", "truncated", 7),
    "a version of later": ("DBABLA~DVVqAAAAAAo", "unknown_version", 7),
    "not base64url": ("DBABLA~BVVq+AAAAAo", "not_base64url", 11),
    "not base64url at first": ("DBABLA~+VVqAAAAAAo", "not_base64url", 7),
    "not base64url in the header": ("DBAB=A~BVVqAAAAAgA", "not_base64url", 4),
    "a three": ("DBABLA~BXVqAAAAAAo", "not_allowed", 8),
    "overlong": ("DBABLA~BVVqAAAAAgAAAAA", "overlong", 17),
    "filled up with a one": ("DBABLA~BVVqAAAAAgAB", "not_zero_padding", 18),
    "an empty segment": ("DBABLA~BVVqAAAAAgA.", "unknown_segment", 19),
    "an unknown segment": ("DBABLA~BVVqAAAAAgA.gA", "unknown_segment", 19),
    "a core twice": ("DBABLA~BVVqAAAAAgA.BVVqAAAAAgA", "unknown_segment", 19),
    "a segment twice": ("DBABLA~BVVqAAAAAgA.QA.YA", "duplicate_segment", 22),
    "a segment too long": ("DBABLA~BVVqAAAAAgA.QAA", "overlong", 19),
    "vendors that touch": (_write_touching(), "not_shortest", 45),
    "a letter": ("DBABTA~1YXN", "not_allowed", 9),
    "a text too long": ("DBABLA~" + "A" * 30_000, "overlong", 24_576),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_with_its_reason_and_its_place(name: str) -> None:
    text, reason, position = BAD[name]

    with pytest.raises(MalformedSignal) as refused:
        gpp.decode(text)

    assert (refused.value.fault.reason, refused.value.fault.position) == (reason, position)
    _, ignored = gpp.decode_leniently(text)
    assert reason in {fault.reason for fault in ignored}


TOUCHING = {
    "DBACTYA": (6, 7),
    "DBADTbA": (6, 7, 8),
    "DBADNbA": (2, 6, 7),
    "DBAFBttg": (8, 9, 10, 11, 12),
    "DBAGLbbY": (7, 8, 9, 10, 11, 12),
}
"""Headers whose ids are all told singly: the specification has them ascend, and says nothing of groups."""


@pytest.mark.parametrize("header", TOUCHING)
def test_ids_of_a_header_may_touch_and_are_written_as_a_group(header: str) -> None:
    ids = TOUCHING[header]
    sections = {id_: make_section(id_, 2 if id_ == 2 else 1, seeded(id_)) for id_ in ids}
    _, *parts = gpp.encode(GppString(sections)).split("~")

    assert gpp.decode("~".join((header, *parts))) == GppString(sections)
    assert gpp.decode_leniently("~".join((header, *parts))) == (GppString(sections), ())


def random_texts(seed: int, count: int) -> Iterator[str]:
    """Yield random texts: half of them with a correct header, a third of those of correct characters."""
    chance = seeded(seed)
    headers = [text.split("~")[0] + "~" for text in TEXTS.values()]
    for _ in range(count):
        start = chance.choice(("", "D", "DB", "DBA", *headers, *headers))
        letters = chance.choice((ALPHABET, ALPHABET + "~.", "AB", "BC.~", "\x00é~.AB\ud800"))
        yield start + "".join(chance.choices(letters, k=chance.randrange(40)))


def check_random_texts(seed: int, count: int) -> None:
    """Check that nothing but the typed error comes of random texts, and none leniently."""
    for text in random_texts(seed, count):
        assert faithful(text), text
        gpp.decode_leniently(text)


def test_random_texts_only_give_the_typed_error() -> None:
    check_random_texts(1, 20_000)


@pytest.mark.long
def test_a_million_random_texts_only_give_the_typed_error() -> None:
    check_random_texts(2, 1_000_000)
