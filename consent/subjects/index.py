"""The blind index: what stands for an identifier under each key, and whom it leads to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256

from django.conf import settings
from django.db import connection

from consent.subjects.leads import Lead, Leads, Place
from consent.subjects.rules import blind_index, derive_key, derive_tombstone_key, digest_of, normalise
from consent.subjects.types import Identifier, IdentifierKind, SubjectRef

_FIND = """
    SELECT true, kind, blind_index, subject_ref, event_id, verified
    FROM consent_subjects_identifierindex
    JOIN unnest(%s::varchar[], %s::bytea[]) AS wanted (kind, blind_index) USING (kind, blind_index)
    UNION ALL
    SELECT false, kind, blind_index, subject_ref, '', false
    FROM consent_subjects_tombstone
    JOIN unnest(%s::varchar[], %s::bytea[]) AS wanted (kind, blind_index) USING (kind, blind_index)
"""


def place_of(identifier: Identifier) -> Place:
    """Return where `identifier` is kept.

    :raises MalformedIdentifier: if it cannot be an identifier of its kind.
    """
    return digest_of(normalise(identifier))


def index_of(place: Place, *, version: int) -> bytes:
    """Return what stands for the identifier under one version of the index key."""
    kind, digest = place
    return blind_index(digest, _index_keys(settings.IDENTIFIER_KEYS[version])[kind])


def tombstone_of(place: Place) -> bytes:
    """Return what stands for the identifier once its subject is erased."""
    kind, digest = place
    return blind_index(digest, _tombstone_keys(settings.TOMBSTONE_KEY)[kind])


def fingerprint() -> bytes:
    """Return 32 bytes that change whenever a key of the index or of tombstones does, and tell no key."""
    keys = [settings.TOMBSTONE_KEY, *(key for _, key in sorted(settings.IDENTIFIER_KEYS.items()))]
    return sha256(b"".join(blind_index(b"accordant/index-keys/1", key) for key in keys)).digest()


def find_leads(places: Iterable[Place]) -> Leads:
    """Return whom the identifiers lead to, under any configured version of the key. One statement."""
    wanted = list(dict.fromkeys(places))
    places_of = {
        (kind.value, index_of((kind, digest), version=version)): (kind, digest)
        for kind, digest in wanted
        for version in settings.IDENTIFIER_KEYS
    }
    stones = {(place[0].value, tombstone_of(place)): place for place in wanted}
    live: dict[Place, Lead] = {}
    erased: defaultdict[Place, set[SubjectRef]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [*_columns(places_of), *_columns(stones)])
        for is_live, kind, index, ref, event_id, verified in cursor.fetchall():
            if is_live:
                live[places_of[kind, bytes(index)]] = Lead(SubjectRef(ref), event_id, verified)
            else:
                erased[stones[kind, bytes(index)]].add(SubjectRef(ref))
    return Leads(live, {place: frozenset(refs) for place, refs in erased.items()})


def _columns(keys: Iterable[tuple[str, bytes]]) -> tuple[list[str], list[bytes]]:
    pairs = list(keys)
    return [kind for kind, _ in pairs], [index for _, index in pairs]


@lru_cache(maxsize=16)
def _index_keys(master: bytes) -> Mapping[IdentifierKind, bytes]:
    return {kind: derive_key(master, kind) for kind in IdentifierKind}


@lru_cache(maxsize=2)
def _tombstone_keys(master: bytes) -> Mapping[IdentifierKind, bytes]:
    return {kind: derive_tombstone_key(master, kind) for kind in IdentifierKind}
