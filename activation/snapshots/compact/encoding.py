"""The compact form of one subject's state: a shape, then its times."""

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct, error, pack, unpack_from

from activation.snapshots.compact.items import Item
from activation.snapshots.compact.tokens import Dictionary

COMPACT = 0
"""The first byte of a compact state."""
NEW_MOMENT = 0x8000
"""The bit of a token's number that begins a new moment."""
HEADER = Struct(">BH")
_SHAPE = Struct(">BH")
_MOST_MOMENTS = 0xFF


@dataclass(frozen=True, slots=True)
class Shape:
    """What was said and in which order, without the times."""

    numbers: tuple[int, ...]
    """The number of each item's token."""
    moments: tuple[int, ...]
    """The moment of each item: 0 for the first one, counted up."""
    references: tuple[int | None, ...]
    """The place that each item refers to."""
    ranks: tuple[int, ...]
    """For each moment, where it stands in the order of recording; equal ones were recorded together."""


def shape_of(items: Sequence[Item], numbers: Sequence[int]) -> Shape | None:
    """Return the shape of `items`, whose tokens have `numbers`.

    None if two moments took effect together and were recorded apart: their order could not be told.
    """
    moments: list[int] = []
    seen: list[tuple[int, int]] = []
    for item in items:
        moment = (item.effective_at, item.recorded_at)
        if not seen or moment != seen[-1]:
            if seen and moment[0] == seen[-1][0]:
                return None
            seen.append(moment)
        moments.append(len(seen) - 1)
    recorded = sorted({recorded_at for _, recorded_at in seen})
    ranks = tuple(recorded.index(recorded_at) for _, recorded_at in seen)
    return Shape(tuple(numbers), tuple(moments), tuple(item.reference for item in items), ranks)


def encode(items: Sequence[Item], *, version: int, dictionary: Dictionary) -> bytes | None:
    """Return the compact form of a subject's `items`; None if they do not fit into one."""
    numbers = [dictionary.number_of(item.token) for item in items]
    known = [number for number in numbers if number is not None]
    shape = shape_of(items, known) if len(known) == len(items) else None
    if shape is None or len(shape.ranks) > _MOST_MOMENTS:
        return None
    settled_at = max((max(item.effective_at, item.recorded_at) for item in items), default=0)
    effective = sorted({item.effective_at for item in items})
    ends = [item.end for item in items if item.end is not None]
    births = [item.born for item in items if item.born is not None]
    times = [version, settled_at, *effective, *ends, *births]
    text = write_shape(shape)
    try:
        return HEADER.pack(COMPACT, len(text)) + text + pack(f">{len(times)}Q", *times)
    except error:  # a time before 1970, or a shape too long
        return None


def write_shape(shape: Shape) -> bytes:
    """Return the bytes of `shape`; `read_shape` reads them.

    :raises struct.error: if a number is too large.
    """
    is_in_order = shape.ranks == tuple(range(len(shape.ranks)))
    words = [
        number | (NEW_MOMENT if place == 0 or shape.moments[place - 1] != moment else 0)
        for place, (number, moment) in enumerate(zip(shape.numbers, shape.moments, strict=True))
    ]
    words += [reference for reference in shape.references if reference is not None]
    ranks = b"" if is_in_order else bytes(shape.ranks)
    return _SHAPE.pack(not is_in_order, len(shape.numbers)) + pack(f">{len(words)}H", *words) + ranks


def read_shape(text: bytes, dictionary: Dictionary) -> Shape:
    """Return the shape that `write_shape` wrote.

    :raises LookupError: if it names a token that is not in `dictionary`; :raises struct.error: if it is cut.
    """
    has_ranks, count = _SHAPE.unpack_from(text)
    words = unpack_from(f">{count}H", text, _SHAPE.size)
    numbers = tuple(word & ~NEW_MOMENT for word in words)
    moments: list[int] = []
    for word in words:
        moments.append((moments[-1] if moments else -1) + bool(word & NEW_MOMENT))
    refers = [dictionary.token(number).has_reference for number in numbers]
    place = _SHAPE.size + 2 * count
    targets = iter(unpack_from(f">{sum(refers)}H", text, place))
    references = tuple(next(targets) if has else None for has in refers)
    moment_count = moments[-1] + 1 if moments else 0
    ranks = tuple(text[place + 2 * sum(refers) :]) if has_ranks else tuple(range(moment_count))
    if len(ranks) != moment_count:
        raise error("a rank for each moment")
    return Shape(numbers, tuple(moments), references, ranks)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each time of a compact state of one shape stands among its times."""

    effective: tuple[int, ...]
    """Of each item."""
    ends: tuple[int | None, ...]
    births: tuple[int | None, ...]
    times: Struct
    """Reads all of them, from behind the shape on."""


VERSION = 0
"""The first of the times is the subject's version."""
SETTLED_AT = 1
"""The second is the last moment in the state: from then on, all that it holds counts."""


def lay_out(shape: Shape, dictionary: Dictionary) -> Layout:
    """Return where the times of a state of this shape stand.

    :raises LookupError: if it has a token that is not in `dictionary`.
    """
    tokens = [dictionary.token(number) for number in shape.numbers]
    first = SETTLED_AT + 1
    after = first + len(shape.ranks)
    ends: list[int | None] = []
    for token in tokens:
        ends.append(after if token.has_end else None)
        after += token.has_end
    births: list[int | None] = []
    for token in tokens:
        births.append(after if token.is_birth else None)
        after += token.is_birth
    effective = tuple(first + moment for moment in shape.moments)
    return Layout(effective, tuple(ends), tuple(births), Struct(f">{after}Q"))


def read_items(times: Sequence[int], shape: Shape, layout: Layout, dictionary: Dictionary) -> list[Item]:
    """Return the items of a state with these `times`; of the times of recording, their order is kept."""
    last_rank = max(shape.ranks, default=0)

    def item(place: int, number: int) -> Item:
        end, birth = layout.ends[place], layout.births[place]
        return Item(
            token=dictionary.token(number),
            effective_at=times[layout.effective[place]],
            recorded_at=times[SETTLED_AT] - last_rank + shape.ranks[shape.moments[place]],
            end=None if end is None else times[end],
            born=None if birth is None else times[birth],
            reference=shape.references[place],
        )

    return [item(place, number) for place, number in enumerate(shape.numbers)]
