"""The bits of one segment as text, and how they are filled up to whole characters.

The specification fills up to 6 bits. The reference library fills up to whole bytes first, and then to
characters; older writers fill up to 24 bits. All three are read, always zeros; the second is written.
"""

from functools import cache

from consent.signals.base64url import BITS_PER_CHARACTER, from_bits
from consent.signals.gpp.cursor import Cursor


@cache
def lengths(bits: int) -> frozenset[int]:
    """Return the numbers of characters that a segment of so many bits may have."""
    return frozenset((-(-bits // BITS_PER_CHARACTER), written_length(bits), -(-bits // 24) * 4))


@cache
def written_length(bits: int) -> int:
    """Return the number of characters that the reference library writes for so many bits."""
    filled = bits + -bits % 8
    while filled % BITS_PER_CHARACTER:
        filled += 1
    return filled // BITS_PER_CHARACTER


def to_text(bits: str) -> str:
    """Return the text of a segment, filled up as the reference library does."""
    return from_bits(bits.ljust(written_length(len(bits)) * BITS_PER_CHARACTER, "0"))


def check_end(cursor: Cursor) -> None:
    """Check what stands behind the last field: zeros, as many as a writer fills up with.

    :raises MalformedSignal: strictly, if there is a 1, or another number of characters.
    """
    cursor.name = ""
    one = cursor.bits.find("1", cursor.at)
    if one >= 0:
        cursor.ignore("not_zero_padding", "only zeros may stand behind the last field", one)
    elif len(cursor.bits) // BITS_PER_CHARACTER not in lengths(cursor.at):
        spare = len(cursor.bits) - cursor.at
        cursor.ignore("overlong", f"{spare} zeros behind the last field are more than any writer adds")
