"""Texts that are no TC strings, each with the reason, the place and the field that a strict reader tells."""

from dataclasses import dataclass

from consent.signals.base64url import from_bits, to_bits
from consent.signals.reading import Strict
from consent.signals.tcf import LONGEST, encode
from consent.signals.tcf.fields import CORE_BITS
from tests.tcf_strings import make_typical

CORE_TEXT, DISCLOSED_TEXT, PUBLISHER_TEXT = encode(make_typical(1)).split(".")
FIXED = to_bits(CORE_TEXT, Strict())[:CORE_BITS]
NO_VENDORS = "0" * 17
NO_RESTRICTIONS = "0" * 12
AFTER_VENDORS = CORE_BITS + 2 * len(NO_VENDORS)


@dataclass(frozen=True)
class Bad:
    """One text, and what is wrong with it."""

    name: str
    text: str
    reason: str
    position: int
    bit: int | None = None
    field: str = ""


def write(bits: str) -> str:
    """Return a segment's text, filled up as IAB's own writer does."""
    return from_bits(bits + "0" * (-len(bits) % 24))


def ranges(maximum: int, *entries: tuple[int, ...], count: int | None = None) -> str:
    """Return a section of range entries; one number is a single vendor, two are a range."""
    return f"{maximum:016b}1{entry_list(*entries, count=count)}"


def entry_list(*entries: tuple[int, ...], count: int | None = None) -> str:
    """Return the number of entries, and the entries."""
    written = "".join(f"{len(one) - 1:b}" + "".join(f"{number:016b}" for number in one) for one in entries)
    return f"{len(entries) if count is None else count:012b}{written}"


def with_consents(section: str) -> str:
    """Return a string whose consents are this section."""
    return f"{write(FIXED + section + NO_VENDORS + NO_RESTRICTIONS)}.{DISCLOSED_TEXT}"


def with_restrictions(section: str) -> str:
    """Return a string without vendors whose restrictions are this section."""
    return f"{write(FIXED + 2 * NO_VENDORS + section)}.{DISCLOSED_TEXT}"


def with_fixed(start: int, bits: str) -> str:
    """Return a string whose core has these bits from bit `start` on."""
    fixed = FIXED[:start] + bits + FIXED[start + len(bits) :]
    return f"{write(fixed + 2 * NO_VENDORS + NO_RESTRICTIONS)}.{DISCLOSED_TEXT}"


def _consent(name: str, section: str, reason: str, bit: int, field: str) -> Bad:
    place = CORE_BITS + bit
    return Bad(name, with_consents(section), reason, place // 6, place, f"VendorConsent.{field}")


def _restriction(name: str, section: str, reason: str, bit: int, field: str) -> Bad:
    place = AFTER_VENDORS + bit
    return Bad(name, with_restrictions(section), reason, place // 6, place, f"PublisherRestrictions.{field}")


_ENTRY = 16 + 1 + 12
_LONG = len(CORE_TEXT) + 1
_SHORT = write(FIXED + 2 * NO_VENDORS + NO_RESTRICTIONS)
_TWO = f"{2:012b}" + 2 * f"{2:06b}00{entry_list((4,))}"
_LATER = len(f"{CORE_TEXT}.{DISCLOSED_TEXT}.")
BAD = [
    Bad("nothing", "", "truncated", 0, 0, "Version"),
    Bad("only a version", "CA", "truncated", 2, 12, "Created"),
    Bad("version 1", "B" + CORE_TEXT[1:], "unknown_version", 0, 0, "Version"),
    Bad("version 3", "D" + CORE_TEXT[1:], "unknown_version", 0, 0, "Version"),
    Bad("a plus", CORE_TEXT[:9] + "+" + CORE_TEXT[10:], "not_base64url", 9),
    Bad("a filling sign", f"{CORE_TEXT}=.{DISCLOSED_TEXT}", "not_base64url", len(CORE_TEXT)),
    Bad("a letter beyond ASCII", f"{CORE_TEXT}.Ié", "not_base64url", _LONG + 1),
    Bad("a blank at the end", f"{CORE_TEXT}.{DISCLOSED_TEXT} ", "not_base64url", _LATER - 1),
    Bad("an empty segment", f"{CORE_TEXT}..{DISCLOSED_TEXT}", "truncated", _LONG, 0, "SegmentType"),
    Bad("a dot at the end", f"{CORE_TEXT}.{DISCLOSED_TEXT}.", "truncated", _LATER, 0, "SegmentType"),
    Bad("the core twice", f"{CORE_TEXT}.{CORE_TEXT}", "duplicate_segment", _LONG, 0, "SegmentType"),
    Bad(
        "disclosed vendors twice",
        f"{CORE_TEXT}.{DISCLOSED_TEXT}.{DISCLOSED_TEXT}",
        *("duplicate_segment", _LATER, 0, "SegmentType"),
    ),
    Bad(
        "the publisher twice",
        f"{CORE_TEXT}.{PUBLISHER_TEXT}.{PUBLISHER_TEXT}",
        *("duplicate_segment", _LONG + len(PUBLISHER_TEXT) + 1, 0, "SegmentType"),
    ),
    *(
        Bad(
            f"segment type {kind}",
            f"{CORE_TEXT}.{write(f'{kind:03b}' + '0' * 21)}",
            *("unknown_segment", _LONG, 0, "SegmentType"),
        )
        for kind in (4, 5, 6, 7)
    ),
    Bad(
        "no disclosed vendors since March 2026",
        *(f"{CORE_TEXT}.{PUBLISHER_TEXT}", "disclosed_vendors_missing", len(f"{CORE_TEXT}.{PUBLISHER_TEXT}")),
        *(None, "DisclosedVendors"),
    ),
    Bad(
        "overlong",
        *(f"{_SHORT}A.{DISCLOSED_TEXT}", "overlong", len(_SHORT), 6 * len(_SHORT), "PublisherRestrictions"),
    ),
    Bad(
        "a bit after the end",
        *(f"{_SHORT[:-1]}B.{DISCLOSED_TEXT}", "trailing_bits", len(_SHORT) - 1, 6 * len(_SHORT) - 1),
        "PublisherRestrictions",
    ),
    Bad("too long", "C" * (LONGEST + 1), "too_long", LONGEST),
    Bad("a language of no letters", with_fixed(108, f"{26:06b}"), "not_letters", 18, 108, "ConsentLanguage"),
    Bad("a second letter beyond Z", with_fixed(114, f"{63:06b}"), "not_letters", 18, 108, "ConsentLanguage"),
    Bad("a country of no letters", with_fixed(201, f"{31:06b}"), "not_letters", 33, 201, "PublisherCC"),
    _consent("an inverted range", ranges(9, (5, 3)), "inverted_range", _ENTRY, "RangeEntry"),
    _consent("ranges overlap", ranges(9, (1, 5), (4, 9)), "overlapping_ranges", _ENTRY + 33, "RangeEntry"),
    _consent("a vendor twice", ranges(9, (3,), (3,)), "overlapping_ranges", _ENTRY + 17, "RangeEntry"),
    _consent("descending vendors", ranges(9, (7,), (3,)), "overlapping_ranges", _ENTRY + 17, "RangeEntry"),
    _consent("a range of one", ranges(9, (3, 3)), "range_of_one", _ENTRY, "RangeEntry"),
    _consent("vendor 0", ranges(9, (0,)), "vendor_zero", _ENTRY, "RangeEntry"),
    _consent("a range from 0", ranges(9, (0, 4)), "vendor_zero", _ENTRY, "RangeEntry"),
    _consent("a vendor beyond the maximum", ranges(9, (10,)), "beyond_maximum", _ENTRY, "RangeEntry"),
    _consent("a range beyond the maximum", ranges(9, (8, 10)), "beyond_maximum", _ENTRY, "RangeEntry"),
    _consent("more entries than vendors", ranges(1, (1,), count=2), "too_many_entries", 17, "NumEntries"),
    _restriction("purpose 0", f"{1:012b}{0:06b}00{entry_list((4,))}", "unknown_purpose", 12, "PurposeId"),
    _restriction("purpose 25", f"{1:012b}{25:06b}00{entry_list((4,))}", "unknown_purpose", 12, "PurposeId"),
    _restriction(
        "restriction type 3",
        *(f"{1:012b}{2:06b}11{entry_list((4,))}", "unknown_restriction", 18, "RestrictionType"),
    ),
    _restriction("a restriction twice", _TWO, "duplicate_restriction", 12 + 37, "PurposeId"),
    _restriction("too many restrictions", f"{73:012b}", "too_many_restrictions", 0, "NumPubRestrictions"),
    _restriction(
        "a restriction of vendor 0", f"{1:012b}{2:06b}00{entry_list((0,))}", "vendor_zero", 32, "RangeEntry"
    ),
]  # fmt: skip
