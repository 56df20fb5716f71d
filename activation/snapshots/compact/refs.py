"""Subject references in few bytes."""

_REF_PREFIX = "sub_"
_REF_SIZE = 16
_REF_LENGTH = len(_REF_PREFIX) + 2 * _REF_SIZE
_DIGITS = slice(len(_REF_PREFIX), None)


def pack_ref(ref: str) -> bytes:
    """Return a subject reference in 16 bytes, if it is one of ours; any other, in some other length."""
    if len(ref) == _REF_LENGTH and ref.startswith(_REF_PREFIX):
        digits = ref[_DIGITS]
        try:
            packed = bytes.fromhex(digits)
        except ValueError:
            packed = b""
        if packed.hex() == digits:
            return packed
    text = ref.encode()
    return text + b"\0" * (2 if len(text) + 1 == _REF_SIZE else 1)


def unpack_ref(packed: bytes) -> str:
    """Return the reference that `pack_ref` packed."""
    return _REF_PREFIX + packed.hex() if len(packed) == _REF_SIZE else packed.rstrip(b"\0").decode()
