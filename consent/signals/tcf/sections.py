"""The parts of a TC string whose length varies: sets of vendors, and publisher restrictions.

Source: "TC String Format", Vendor Consent Section, Range Section, Publisher Restrictions Section.
"""

from consent.signals.base64url import BITS_PER_CHARACTER
from consent.signals.errors import Fault
from consent.signals.intervals import IdSet
from consent.signals.reading import Reader
from consent.signals.tcf.fields import HIGHEST_VENDOR, PURPOSES
from consent.signals.tcf.types import Entries, Restriction, RestrictionType, SectionForm

MOST_RESTRICTIONS = PURPOSES * len(RestrictionType)
"""As each purpose is restricted in each way once at most."""
_SINGLE = 1 + 16
_RANGE = 1 + 16 + 16
_HIGHEST_SINGLE = 2 ** (_RANGE - 1) - 1


class SegmentBits:
    """The bits of one segment, its length, where it starts in the string, and who reads.

    Zeros follow the last bit, which do not count.
    """

    __slots__ = ("bits", "length", "reader", "start")

    def __init__(self, bits: str, start: int, reader: Reader) -> None:
        self.length = len(bits)
        self.bits = bits + "0" * _RANGE  # so that a whole range entry may be cut out anywhere
        self.start = start
        self.reader = reader

    def ignore(self, reason: str, detail: str, bit: int, field: str) -> None:
        """Refuse, or note, what is wrong at a bit."""
        if self.reader.is_full:
            return
        self.reader.ignore(Fault(reason, detail, self.start + bit // BITS_PER_CHARACTER, bit, field))

    def cut(self, needed: int, field: str) -> None:
        """Refuse, or note, that the segment ends before `needed` bits."""
        detail = f"the segment has {self.length} bits, and {needed} are needed"
        self.ignore("truncated", detail, self.length, field)

    def reaches(self, needed: int, field: str) -> bool:
        """Return whether the segment has as many bits; refuse or note it where it has not."""
        if needed <= self.length:
            return True
        self.cut(needed, field)
        return False

    def number(self, start: int, end: int) -> int:
        """Return the number that the bits from `start` up to `end` write."""
        return int(self.bits[start:end], 2)


def read_vendors(segment: SegmentBits, at: int, field: str) -> tuple[SectionForm, int]:
    """Return the set that starts at bit `at`, with how it is written, and the bit after it.

    A lenient reader takes what stands before a cut.

    :raises MalformedSignal: strictly, of whatever the specification does not allow.
    """
    start = at + 17
    if not segment.reaches(start, f"{field}.MaxVendorId"):
        return (IdSet(), 0, None), segment.length
    maximum = segment.number(at, at + 16)
    if segment.bits[at + 16] == "0":
        end = start + maximum
        if end > segment.length:
            segment.cut(end, f"{field}.BitField")
            end = segment.length
        ids = IdSet.of_bits(segment.bits[start:end])
        return (ids, maximum, None), end
    return _read_range(segment, start, maximum, field)


def _read_range(segment: SegmentBits, at: int, maximum: int, field: str) -> tuple[SectionForm, int]:
    start = at + 12
    if not segment.reaches(start, f"{field}.NumEntries"):
        return (IdSet(), maximum, ()), segment.length
    count = segment.number(at, start)
    if count > maximum:
        detail = f"there are {count} entries for {maximum} vendors"
        segment.ignore("too_many_entries", detail, at, f"{field}.NumEntries")
    ids, entries, end = read_entries(segment, start, count, maximum, field)
    return (ids, maximum, entries), end


def read_entries(
    segment: SegmentBits, at: int, count: int, maximum: int, field: str
) -> tuple[IdSet, Entries, int]:
    """Return the set of `count` range entries from bit `at` on, the entries, and the bit after them."""
    bits, length = segment.bits, segment.length
    entries = []
    previous = -1
    apart = True
    end = at
    for _ in range(count):
        word = int(bits[at : at + _RANGE], 2)  # one look for the flag and both numbers
        first = word >> 16 & HIGHEST_VENDOR
        ranged = word > _HIGHEST_SINGLE
        end = at + (_RANGE if ranged else _SINGLE)
        if end > length:
            break
        last = word & HIGHEST_VENDOR if ranged else first
        if previous + 1 < first <= last <= maximum and ranged is (first < last):
            entries.append((first, last))
            previous = last
        else:
            apart = False  # from here on they may touch, and leniently overlap
            if segment.reader.is_full:
                break
            if _allow_entry(segment, at, (first, last, previous, maximum), field):
                entries.append((first, last))
                previous = max(last, previous)
        at = end
    if end > length:
        segment.cut(end, f"{field}.RangeEntry")
    written = tuple(entries)
    ids = IdSet(written) if apart else IdSet.of_intervals(written)
    return ids, written, length if segment.reader.is_full else min(end, length)


def _allow_entry(segment: SegmentBits, at: int, found: tuple[int, int, int, int], field: str) -> bool:
    """Return whether the entry counts all the same; refuse or note what is wrong with it."""
    first, last, previous, maximum = found
    ranged = segment.bits[at] == "1"
    ignore = segment.ignore
    name = f"{field}.RangeEntry"
    if first == 0:
        ignore("vendor_zero", "vendors are numbered from 1", at, name)
        return False
    if last < first:
        ignore("inverted_range", f"the range goes from {first} down to {last}", at, name)
        return False
    if last > maximum:
        ignore("beyond_maximum", f"vendor {last} is beyond MaxVendorId, which is {maximum}", at, name)
        return False
    if ranged and first == last:
        ignore("range_of_one", f"vendor {first} alone is written as a range", at, name)
    if first <= previous:
        ignore("overlapping_ranges", f"{first} comes after {previous}: entries ascend", at, name)
    return True


def read_restrictions(segment: SegmentBits, at: int) -> tuple[tuple[Restriction, ...], int]:
    """Return the publisher restrictions that start at bit `at`, and the bit after them."""
    field = "PublisherRestrictions"
    start = at + 12
    if not segment.reaches(start, f"{field}.NumPubRestrictions"):
        return (), segment.length
    count = segment.number(at, start)
    if count > MOST_RESTRICTIONS:
        detail = f"there are {count} restrictions, and {MOST_RESTRICTIONS} can differ"
        segment.ignore("too_many_restrictions", detail, at, f"{field}.NumPubRestrictions")
        count = MOST_RESTRICTIONS
    read: dict[tuple[int, int], Restriction] = {}
    for _ in range(count):
        if not segment.reaches(start + 20, f"{field}.PubRestrictionEntry"):
            return tuple(read.values()), segment.length
        start = _read_restriction(segment, start, read)
    return tuple(read.values()), start


def _read_restriction(segment: SegmentBits, at: int, read: dict[tuple[int, int], Restriction]) -> int:
    """Add the restriction at bit `at` to those `read`, and return the bit after it."""
    field = "PublisherRestrictions"
    purpose, kind = segment.number(at, at + 6), segment.number(at + 6, at + 8)
    count = segment.number(at + 8, at + 20)
    vendors, entries, end = read_entries(segment, at + 20, count, HIGHEST_VENDOR, field)
    if not 0 < purpose <= PURPOSES:
        segment.ignore("unknown_purpose", f"there is no purpose {purpose}", at, f"{field}.PurposeId")
    elif kind not in _TYPES:
        detail = f"there is no restriction type {kind}"
        segment.ignore("unknown_restriction", detail, at + 6, f"{field}.RestrictionType")
    elif earlier := read.get((purpose, kind)):
        detail = f"purpose {purpose} is restricted in this way already"
        segment.ignore("duplicate_restriction", detail, at, f"{field}.PurposeId")
        union = IdSet.of_intervals(earlier.vendors.intervals + vendors.intervals)
        read[purpose, kind] = Restriction(purpose, _TYPES[kind], union)
    else:
        read[purpose, kind] = Restriction(purpose, _TYPES[kind], vendors, entries)
    return end


_TYPES = {int(kind): kind for kind in RestrictionType}
