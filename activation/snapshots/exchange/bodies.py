"""The bodies of pages, as msgpack: each an array of its members, in the order they stand here."""

import msgspec

from consent.subjects.types import IdentifierKind

MEDIA_TYPE = "application/vnd.msgpack"
MOST_AT_A_TIME = 2_000
"""People, or entries of the feed, in one page."""


class Group(msgspec.Struct, array_like=True, frozen=True):
    """Linked subjects, and all that is on record of them."""

    refs: list[str]
    state: bytes
    """As `compact.general` writes it; `UNREADABLE` where sealed facts do not open."""


class Lead(msgspec.Struct, array_like=True, frozen=True):
    """Whom an identifier leads to."""

    kind: IdentifierKind
    index: bytes
    """The first 16 bytes of its blind index."""
    ref: str


class PeoplePage(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """The next people in the order of their references, as one view of the database has them."""

    position: int
    """Entries of the feed that the view holds: what comes later must be read from the changes."""
    last_hash: bytes
    """The leaf hash of the last of them; empty if there is none."""
    last_ref: str
    """Ask for the page after this one; empty: there is none."""
    identity: bytes
    """Changes whenever the keys of identifiers do."""
    groups: list[Group]
    leads: list[Lead]


class ChangesPage(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """Everybody whom the next entries of the feed speak of, as they are now."""

    before: bytes
    """The leaf hash of the entry before those: by it a reader knows the ledger again."""
    position: int
    """Entries read, these included."""
    last_hash: bytes
    size: int
    """Entries that there are."""
    reached_end: bool
    now: int
    """By the ledger's clock, in microseconds since 1970."""
    pending_for: int
    """Microseconds that the oldest write has waited for its place in the feed; 0: none waits."""
    identity: bytes
    world_digest: bytes
    world: bytes | None
    """Policies and register (`store.worlds`); None: they are those that the reader has."""
    groups: list[Group]
    leads: list[Lead]


class KeysPage(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """The keys that blind indexes of some kinds are made with, of each kind the newest first."""

    identity: bytes
    keys: dict[IdentifierKind, list[bytes]]


Page = PeoplePage | ChangesPage | KeysPage


def write_page(page: Page) -> bytes:
    """Return the bytes of a page."""
    return msgspec.msgpack.encode(page)
