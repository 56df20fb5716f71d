"""Pages for clients that decide by themselves, read from PostgreSQL."""

import hashlib
from collections.abc import Collection, Iterator
from datetime import timedelta

from django.conf import settings

from activation.snapshots.compact.general import UNREADABLE, encode_general
from activation.snapshots.compact.times import to_micros
from activation.snapshots.exchange.bodies import ChangesPage, Group, KeysPage, Lead, PeoplePage
from activation.snapshots.queries import consistent_view
from activation.snapshots.store.forms import index_key
from activation.snapshots.tailing.people import People, read_people
from activation.snapshots.tailing.tailer import read_world
from consent.kernel.errors import AccordantError
from consent.ledger import queries as ledger
from consent.ledger.types import Touched
from consent.subjects.queries import fingerprint, list_refs_after
from consent.subjects.rules import derive_key
from consent.subjects.types import IdentifierKind, SubjectRef

_NOBODY = People((), (), ())
_MICROSECOND = timedelta(microseconds=1)


class PositionUnknown(AccordantError):
    """The ledger has no such position: it is not the one that the reader has read."""

    code = "position_unknown"
    status = 409


def read_people_page(*, after: str, limit: int, kinds: Collection[IdentifierKind]) -> PeoplePage:
    """Return the people behind the reference `after`; an empty one begins. Of identifiers, `kinds`."""
    with consistent_view():
        refs = list_refs_after(after, limit=limit)
        people = read_people(refs) if refs else _NOBODY
        size = ledger.get_size()
        found = ledger.list_touched(after=size, limit=0) if size else []
    return PeoplePage(
        position=size,
        last_hash=found[0].leaf_hash if found else b"",
        last_ref=refs[-1] if len(refs) == limit else "",
        identity=fingerprint(),
        groups=list(_groups(people)),
        leads=list(_leads(people, kinds)),
    )


def read_changes_page(
    *, position: int, limit: int, kinds: Collection[IdentifierKind], world_digest: bytes
) -> ChangesPage:
    """Return everybody whom the entries from `position` on speak of, at most `limit` entries.

    Policies and register come with it if they are not those of `world_digest`.

    :raises PositionUnknown: if the ledger has fewer entries.
    """
    with consistent_view():
        now, size, pending = ledger.get_time(), ledger.get_size(), ledger.get_oldest_pending()
        before, touched = _read_feed(position, limit)
        refs = dict.fromkeys(SubjectRef(entry.subject_ref) for entry in touched if entry.subject_ref)
        people = read_people(list(refs)) if refs else _NOBODY
        world = read_world(now)
    digest = hashlib.sha256(world).digest()
    reached = position + len(touched)
    return ChangesPage(
        before=before,
        position=reached,
        last_hash=touched[-1].leaf_hash if touched else before,
        size=size,
        reached_end=reached >= size,
        now=to_micros(now),
        pending_for=0 if pending is None else max(0, (now - pending) // _MICROSECOND),
        identity=fingerprint(),
        world_digest=digest,
        world=None if digest == world_digest else world,
        groups=list(_groups(people)),
        leads=list(_leads(people, kinds)),
    )


def read_keys_page(kinds: Collection[IdentifierKind]) -> KeysPage:
    """Return the index keys of `kinds`. Who holds one can find out whether an identifier is in the index."""
    masters = [
        settings.IDENTIFIER_KEYS[version] for version in sorted(settings.IDENTIFIER_KEYS, reverse=True)
    ]
    keys = {kind: [derive_key(master, kind) for master in masters] for kind in kinds}
    return KeysPage(identity=fingerprint(), keys=keys)


def _read_feed(position: int, limit: int) -> tuple[bytes, list[Touched]]:
    """Return the hash of the entry before `position`, and the entries from there on."""
    found = ledger.list_touched(after=position, limit=limit)
    if not position:
        return b"", found[:limit]
    if not found or found[0].index != position - 1:
        raise PositionUnknown("the ledger has fewer entries than you have read: read everybody again")
    return found[0].leaf_hash, found[1:]


def _groups(people: People) -> Iterator[Group]:
    for refs, state in people.states:
        text = UNREADABLE if state is None else encode_general(state.members, state.links)
        yield Group(sorted(refs), text)


def _leads(people: People, kinds: Collection[IdentifierKind]) -> Iterator[Lead]:
    for entry in people.index:
        if entry.kind in kinds:
            [ref] = entry.refs
            yield Lead(entry.kind, index_key(entry.kind, entry.blind_index)[1:], ref)
