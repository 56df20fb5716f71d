"""Eight bytes that find a member in a page: of a reference, or of each identifier that leads to nobody yet.

A stranger's are made of what stands for an identifier in a tombstone, whose key never rotates. So they can be
made again once the identifier leads to somebody: from what is on record of the living, and from what is left
of the erased.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from consent.keys.types import KeysUnavailable
from consent.subjects.queries import (
    SubjectStateUnreadable,
    get_lasting_indexes,
    list_identifiers,
    list_tombstones,
)
from consent.subjects.types import Identifier, IdentifierKind, SubjectRef

KEY_SIZE = 8
REF_DOMAIN = "accordant/member/1\n"
_STRANGER_DOMAIN = b"accordant/stranger/1\n"
_log = logging.getLogger(__name__)


def key_of_ref(ref: str) -> bytes:
    """Return the key of whoever has this reference. `gathering` makes the same in SQL."""
    return sha256(f"{REF_DOMAIN}{ref}".encode()).digest()[:KEY_SIZE]


def keys_of_stranger(identifiers: Iterable[Identifier]) -> list[int]:
    """Return the keys of a person whose identifiers lead to nobody, ascending, as numbers.

    :raises MalformedIdentifier: if any of them cannot be an identifier of its kind.
    """
    return sorted({to_number(_key_of(kind, index)) for kind, index in get_lasting_indexes(identifiers)})


def keys_of_subjects(refs: Iterable[SubjectRef]) -> Mapping[bytes, str]:
    """Return the keys that strangers would have who became known as one of `refs`.

    One whose identifiers do not open is passed over, and the log says how many those were.

    :raises KeysUnavailable: if the keys cannot be asked for: that says nothing about anybody.
    """
    wanted = list(refs)
    found: dict[bytes, str] = {
        _key_of(one.kind, one.blind_index): min(one.refs.intersection(wanted))
        for one in list_tombstones(wanted)
    }
    unreadable = 0
    for ref, identifiers in read_identifiers(wanted).items():
        if identifiers is None:
            unreadable += 1
            continue
        found |= {_key_of(kind, index): ref for kind, index in get_lasting_indexes(identifiers)}
    if unreadable:
        _log.error("identifiers of %d subjects do not open: as strangers they are not found", unreadable)
    return found


def read_identifiers(refs: Sequence[SubjectRef]) -> Mapping[SubjectRef, Sequence[Identifier] | None]:
    """Return the identifiers of each of `refs` who has any; None of whom they do not open.

    :raises KeysUnavailable: if the keys cannot be asked for: that says nothing about anybody.
    """
    try:
        known = list_identifiers(refs)
    except SubjectStateUnreadable as error:
        if isinstance(error.__cause__, KeysUnavailable):
            raise error.__cause__ from error
        if len(refs) == 1:
            return {refs[0]: None}
        middle = len(refs) // 2
        return {**read_identifiers(refs[:middle]), **read_identifiers(refs[middle:])}
    found: defaultdict[SubjectRef, list[Identifier]] = defaultdict(list)
    for ref, identifiers in known.items():
        found[ref] += [Identifier(one.kind, one.value) for one in identifiers]
    return dict(found)


def to_number(key: bytes) -> int:
    """Return a key as `gathering` sorts it."""
    return int.from_bytes(key, "big")


def to_key(number: int) -> bytes:
    """Return the key that `to_number` was given."""
    return number.to_bytes(KEY_SIZE, "big")


def _key_of(kind: IdentifierKind, index: bytes) -> bytes:
    return sha256(_STRANGER_DOMAIN + kind.value.encode() + b"\n" + index).digest()[:KEY_SIZE]
