"""Whether a person's state has a write in it."""

from struct import Struct

from activation.snapshots.compact.encoding import COMPACT, HEADER
from activation.snapshots.compact.general import GENERAL, decode_general
from activation.snapshots.compact.refs import pack_ref, unpack_ref
from consent.subjects.types import WriteToken

_VERSION = Struct(">Q")
"""The first of the times, behind the shape."""


def has_write(ref: bytes, state: bytes, write: WriteToken) -> bool:
    """Return whether the state of `ref` (packed), or of whom it is linked to, rests on `write`.

    :raises struct.error, ValueError, msgspec.DecodeError: if the bytes are no state.
    """
    kind, length = HEADER.unpack_from(state)
    if kind == COMPACT:
        [version] = _VERSION.unpack_from(state, HEADER.size + length)
        return ref == pack_ref(write.subject_ref) and bool(version >= write.version)
    if kind != GENERAL:
        return False
    members = decode_general(state, asked=frozenset({unpack_ref(ref)})).members
    return any(one.subject_ref == write.subject_ref and one.version >= write.version for one in members)
