"""What a page says of its members: a line of compact JSON for each key, in the keys' order.

A line is `[ref, end, identifiers, keys]`: the end in microseconds since 1970, or null; keys, as numbers, of
strangers alone. Somebody who was sent in several rows may have several lines, which count as one member.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from activation.enforcement.membership.keys import KEY_SIZE, key_of_ref, to_key, to_number
from activation.enforcement.membership.types import Member, Name
from consent.subjects.types import IdentifierKind

_START = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def write_line(member: Member) -> bytes:
    """Return the line of a member."""
    ends = None if member.ends_at is None else (member.ends_at - _START) // _MICROSECOND
    identifiers = {kind.value: list(values) for kind, values in sorted(member.identifiers.items())}
    parts = [member.ref, ends, identifiers, *([list(map(to_number, member.keys))] if member.keys else [])]
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def read_line(line: bytes) -> Member:
    """Return the member that a line is about."""
    ref, ends, identifiers, *keys = json.loads(line)
    return Member(
        ref=ref,
        identifiers={IdentifierKind(kind): tuple(values) for kind, values in identifiers.items()},
        ends_at=None if ends is None else _START + ends * _MICROSECOND,
        keys=tuple(map(to_key, keys[0])) if keys else (),
    )


def keys_of(member: Member) -> tuple[bytes, ...]:
    """Return what a member is found by."""
    return (key_of_ref(member.ref),) if member.ref else member.keys


def split_keys(keys: bytes) -> list[bytes]:
    """Return the keys of a page one by one."""
    return [keys[start : start + KEY_SIZE] for start in range(0, len(keys), KEY_SIZE)]


def read_page(keys: bytes, content: bytes) -> Iterator[tuple[bytes, Member]]:
    """Yield each key of a page and the member that it finds; the parts of one member are put together."""
    found: dict[tuple[bytes, Name], Member] = {}
    for key, line in zip(split_keys(keys), content.splitlines(), strict=True):
        member = read_line(line)
        place = key, member.name
        found[place] = merge(found[place], member) if place in found else member
    yield from ((key, member) for (key, _), member in found.items())


def read_found(keys: bytes, content: bytes, wanted: Iterable[bytes]) -> Iterator[tuple[bytes, Member]]:
    """Yield what `read_page` yields for the `wanted` keys, without reading the other lines."""
    here, lines = split_keys(keys), content.splitlines()
    places = set(wanted).intersection(here)
    few = [(key, line) for key, line in zip(here, lines, strict=True) if key in places]
    yield from read_page(b"".join(key for key, _ in few), b"\n".join(line for _, line in few))


def write_page(members: Iterable[tuple[bytes, Member]]) -> tuple[bytes, bytes, datetime | None]:
    """Return keys and content of a page, and when the first of its allows ends."""
    placed = sorted(members, key=lambda pair: (pair[0], pair[1].name))
    ends = [member.ends_at for _, member in placed if member.ends_at is not None]
    keys = b"".join(key for key, _ in placed)
    return keys, b"".join(write_line(member) for _, member in placed), min(ends, default=None)


def merge(one: Member, other: Member) -> Member:
    """Return one member for two parts of it: all identifiers, and the earliest end."""
    ends = [end for end in (one.ends_at, other.ends_at) if end is not None]
    return Member(
        ref=one.ref,
        identifiers=_unite(one.identifiers, other.identifiers),
        ends_at=min(ends, default=None),
        keys=one.keys,
    )


def _unite(
    one: Mapping[IdentifierKind, tuple[str, ...]], other: Mapping[IdentifierKind, tuple[str, ...]]
) -> Mapping[IdentifierKind, tuple[str, ...]]:
    kinds = sorted({*one, *other})
    return {kind: tuple(dict.fromkeys((*one.get(kind, ()), *other.get(kind, ())))) for kind in kinds}
