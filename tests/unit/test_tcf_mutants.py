"""Broken codecs: each lets something through that the tests of the codec would see."""

from collections.abc import Callable
from typing import Any

import pytest

from consent.signals.base64url import from_bits
from consent.signals.errors import MalformedSignal
from consent.signals.tcf import decode, decoding, encode, encoding, rules, sections
from consent.signals.tcf.types import Form, TCString
from tests.tcf_bad_input import BAD, ranges, with_consents
from tests.tcf_strings import make_string


def _nothing(*_: Any) -> None:
    return None


def _yes(*_: Any) -> bool:
    return True


def _no(*_: Any) -> bool:
    return False


def _count_seen() -> int:
    """Return how many of the tests' conditions do not hold."""
    seen = 0
    for bad in BAD:
        try:
            decode(bad.text)
        except MalformedSignal as refused:
            fault = refused.fault
            seen += (fault.reason, fault.position, fault.bit) != (bad.reason, bad.position, bad.bit)
        except (ValueError, IndexError, KeyError, TypeError):
            seen += 1
        else:
            seen += 1
    texts = [*map(encode, map(make_string, range(12))), with_consents(ranges(9, (1, 3), (4, 5)))]
    return seen + sum(map(_is_changed, texts)) + sum(map(_comes_back_otherwise, range(12)))


def _is_changed(text: str) -> bool:
    try:
        return encode(decode(text)) != text
    except (MalformedSignal, ValueError):
        return True


def _comes_back_otherwise(seed: int) -> bool:
    try:
        return decode(encode(make_string(seed))) != make_string(seed)
    except (MalformedSignal, ValueError):
        return True


_READ = decoding._read


def _read_any_length(text: str, _: int, *others: Any, **options: Any) -> TCString | None:
    return _READ(text, 10**9, *others, **options)


MUTANTS: dict[str, tuple[Any, str, Callable[..., Any] | Any]] = {
    "what follows is not looked at": (decoding, "_finish", _nothing),
    "letters are not checked": (decoding, "_no_code", lambda *_: "AA"),
    "any version is read": (decoding, "_is_known", _yes),
    "entries are not checked": (sections, "_allow_entry", _yes),
    "bad entries are passed over": (sections, "_allow_entry", _no),
    "the end is not looked for": (sections.SegmentBits, "reaches", _yes),
    "a cut is not told": (sections.SegmentBits, "cut", _nothing),
    "a fault is told of another place": (sections, "BITS_PER_CHARACTER", 8),
    "any number of restrictions is read": (sections, "MOST_RESTRICTIONS", 4096),
    "purposes go on": (sections, "PURPOSES", 63),
    "texts of any length are read": (decoding, "_read", _read_any_length),
    "disclosed vendors are not needed": (decoding, "lacks_disclosed_vendors", _no),
    "segments may come twice": (decoding, "_NAMES", {**decoding._NAMES, 1: ("allowed_vendors", "A")}),
    "an unknown segment is read": (decoding, "_NAMES", {**decoding._NAMES, 4: ("publisher_tc", "P")}),
    "a bitfield is told a vendor too long": (encoding, "_choose_form", lambda ids, _: (ids, 1, None)),
    "how it was written is forgotten": (decoding, "Form", lambda segments, _: Form(segments, ())),
    "how it was filled up is forgotten": (encoding, "_fill", lambda bits, _: from_bits(bits)),
    "the day is one off": (rules, "DISCLOSED_VENDORS_FROM", rules.DISCLOSED_VENDORS_FROM.replace(year=2027)),
}


def test_the_codec_as_it_is_holds_every_condition() -> None:
    assert _count_seen() == 0


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_a_broken_codec_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    target, attribute, broken = MUTANTS[name]
    monkeypatch.setattr(target, attribute, broken)

    assert _count_seen() > 0
