"""Base64url without padding (RFC 4648 section 5), as bits: six a character, first bit first.

Bits are text of "0" and "1" here: in CPython slicing a text and `int(text, 2)` beat any reader of bytes.
"""

from base64 import urlsafe_b64encode
from binascii import a2b_base64

from consent.signals.errors import Fault
from consent.signals.reading import Reader

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
BITS_PER_CHARACTER = 6

_TO_STANDARD = str.maketrans("-_", "+/")
_DROP_ALPHABET = dict.fromkeys(map(ord, ALPHABET))


def to_bits(text: str, reader: Reader, start: int = 0) -> str:
    """Return the bits of `text`, six for each character. `start` is where it stands in a longer text.

    A lenient reader takes what stands before the first character outside the alphabet.

    :raises MalformedSignal: strictly, with the position of the first character outside the alphabet.
    """
    if text.translate(_DROP_ALPHABET):
        position = next(place for place, character in enumerate(text) if character not in ALPHABET)
        detail = f"the character {text[position]!r} is none of base64url's"
        reader.ignore(Fault("not_base64url", detail, start + position))
        text = text[:position]
    if not text:
        return ""
    filled = text + "A" * (-len(text) % 4)
    packed = a2b_base64(filled.translate(_TO_STANDARD))
    width = BITS_PER_CHARACTER * len(filled)
    return format(int.from_bytes(packed, "big"), f"0{width}b")[: BITS_PER_CHARACTER * len(text)]


def from_bits(bits: str) -> str:
    """Return the text of `bits`, filled up with zeros to a whole character."""
    if not bits:
        return ""
    length = -(-len(bits) // BITS_PER_CHARACTER)
    filled = bits + "0" * (-len(bits) % 24)
    packed = int(filled, 2).to_bytes(len(filled) // 8, "big")
    return urlsafe_b64encode(packed)[:length].decode("ascii")
