"""Base64url without padding (RFC 4648 section 5), as bits: six a character, first bit first.

Bits are text of "0" and "1" here: in CPython slicing a text and `int(text, 2)` beat any reader of bytes.
"""

from base64 import urlsafe_b64encode
from binascii import a2b_base64

from consent.signals.errors import Fault
from consent.signals.reading import Reader

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
BITS_PER_CHARACTER = 6

_ALPHABET = ALPHABET.encode()
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")


def to_bits(text: str, reader: Reader, start: int = 0) -> str:
    """Return the bits of `text`, six for each character. `start` is where it stands in a longer text.

    A lenient reader takes what stands before the first character outside the alphabet.

    :raises MalformedSignal: strictly, with the position of the first character outside the alphabet.
    """
    written = text.encode("utf-8", "surrogatepass")
    if written.translate(None, _ALPHABET):
        position = next(place for place, character in enumerate(text) if character not in ALPHABET)
        detail = f"the character {text[position]!r} is none of base64url's"
        reader.ignore(Fault("not_base64url", detail, start + position))
        written = written[:position]  # what stands before it is ASCII: a byte is a character
    length = BITS_PER_CHARACTER * len(written)
    filled = written + b"A" * (-len(written) % 4)
    packed = a2b_base64(filled.translate(_TO_STANDARD))
    return format(int.from_bytes(packed, "big"), f"0{8 * len(packed)}b")[:length]


def from_bits(bits: str) -> str:
    """Return the text of `bits`, filled up with zeros to a whole character."""
    if not bits:
        return ""
    length = -(-len(bits) // BITS_PER_CHARACTER)
    filled = bits + "0" * (-len(bits) % 24)
    packed = int(filled, 2).to_bytes(len(filled) // 8, "big")
    return urlsafe_b64encode(packed)[:length].decode("ascii")
