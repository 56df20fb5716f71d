"""Which page of a segment a member belongs to."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from activation.enforcement.membership.content import write_page
from activation.enforcement.membership.keys import KEY_SIZE, to_number
from activation.enforcement.membership.types import Member

MOST_BITS = 24
MEMBERS_PER_PAGE = 192
"""At most, on average: the keys then stay in the table's own rows, which PostgreSQL would else keep apart."""


@dataclass(frozen=True, slots=True)
class PageDraft:
    """One page before it is sealed."""

    bucket: int
    keys: bytes
    content: bytes | memoryview
    due_at: datetime | None


def choose_bits(lines: int) -> int:
    """Return how many bits of a key tell the pages of a segment apart that has so many lines."""
    pages = max(1, -(-lines // MEMBERS_PER_PAGE))
    return min(MOST_BITS, (pages - 1).bit_length())


def draft_pages(members: Iterable[tuple[bytes, Member]], *, bits: int) -> Iterator[PageDraft]:
    """Yield the pages of these members, each beside a key of its own."""
    buckets: defaultdict[int, list[tuple[bytes, Member]]] = defaultdict(list)
    for key, member in members:
        buckets[to_number(key) >> (KEY_SIZE * 8 - bits)].append((key, member))
    for bucket, placed in sorted(buckets.items()):
        keys, content, due_at = write_page(placed)
        yield PageDraft(bucket, keys, content, due_at)
