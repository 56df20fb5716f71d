"""What of a person's state bears on one purpose, and the times in it that an answer can hang on. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from activation.decisions.standing import covers
from activation.snapshots.compact.encoding import Layout, Shape
from activation.snapshots.compact.tokens import Token
from activation.snapshots.lanes.reducing import ReducedKey, reduced_key
from consent.records.types import ANY_PURPOSE, OFFICER, YES

BASE = ANY_PURPOSE
"""The lens of purposes that nobody spoke of: facts, and what was said of every purpose."""
MOST_YESES, MOST_ENDS, MOST_BIRTHS = 4, 2, 1
"""Times that a row has room for. Who has more is kept whole, and decided one by one."""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A state of one shape, seen through one lens."""

    code: int
    yeses: tuple[int, ...]
    """Where, among the state's times, those of the grants of the lens's own purpose stand."""
    ends: tuple[int, ...]
    """Where the ends of choices stand."""


@dataclass(frozen=True, slots=True)
class LensShape:
    """All that a lens shows of a state but its times. Its items are in their order."""

    tokens: tuple[Token, ...]
    moments: tuple[int, ...]
    references: tuple[int | None, ...]
    ranks: tuple[int, ...]

    def yes_moments(self, purpose: str) -> list[int]:
        """Return the moments at which something was granted for exactly `purpose`, in their order."""
        return list(dict.fromkeys(self.moments[place] for place in yes_places(self.tokens, purpose)))


@dataclass(slots=True)
class Lens:
    """One purpose's lens, and every shape that was ever seen through it, by number."""

    purpose: str
    codes: dict[ReducedKey, int] = field(default_factory=dict)

    def look(self, shape: Shape, layout: Layout, tokens: Sequence[Token]) -> Glimpse | None:
        """Return what states of `shape` show, whose items have `tokens`; None: a row has no room for it."""
        kept = self._places(shape, tokens)
        yes = yes_places([tokens[place] for place in kept], self.purpose)
        yeses = tuple(dict.fromkeys(layout.effective[kept[place]] for place in yes))
        ends = tuple(
            end
            for place in kept
            if (end := layout.ends[place]) is not None and tokens[place].choice is not None
        )
        if len(yeses) > MOST_YESES or len(ends) > MOST_ENDS:
            return None
        key = reduced_key(shape, kept)
        return Glimpse(self.codes.setdefault(key, len(self.codes)), yeses, ends)

    def shapes(self, tokens: Sequence[Token]) -> list[LensShape]:
        """Return every shape seen, by its code; `tokens` are those of the dictionary, by number."""
        return [
            LensShape(tuple(tokens[number] for number in numbers), moments, references, ranks)
            for numbers, moments, references, ranks in self.codes
        ]

    def _places(self, shape: Shape, tokens: Sequence[Token]) -> list[int]:
        """Return the places of what bears on the purpose, whoever the controller is.

        What an officer says of a record bears on it wherever the record does.
        """
        kept = {
            place
            for place, token in enumerate(tokens)
            if token.choice is None or covers(token.purpose, self.purpose)
        }
        for place, token in enumerate(tokens):
            if token.choice in OFFICER:
                kept.discard(place)
                if shape.references[place] in kept:
                    kept.add(place)
        return sorted(kept)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A state of one shape, seen through all lenses, and the times that all of them share."""

    glimpses: tuple[Glimpse, ...]
    births: tuple[int, ...]
    """Where dates of birth stand among the state's times."""
    fact_ends: tuple[int, ...]


def sight(shape: Shape, tokens: Sequence[Token], layout: Layout, lenses: Iterable[Lens]) -> Sighting | None:
    """Return what all `lenses` show of states of `shape`; None if a row has no room for it."""
    births = tuple(birth for birth in layout.births if birth is not None)
    fact_ends = tuple(
        end
        for token, end in zip(tokens, layout.ends, strict=True)
        if end is not None and token.choice is None
    )
    if len(births) > MOST_BIRTHS or len(fact_ends) > MOST_ENDS:
        return None
    glimpses = []
    for lens in lenses:
        glimpse = lens.look(shape, layout, tokens)
        if glimpse is None:
            return None
        glimpses.append(glimpse)
    return Sighting(tuple(glimpses), births, fact_ends)


def yes_places(tokens: Sequence[Token], purpose: str) -> list[int]:
    """Return the places of the grants of exactly `purpose`."""
    return [place for place, token in enumerate(tokens) if token.choice in YES and token.purpose == purpose]


def lens_of(purpose: str, lenses: Iterable[str], spoken_of: Iterable[str]) -> str | None:
    """Return the purpose of the lens that shows all that bears on `purpose`; None if no lens does.

    `lenses` are the purposes that have one, `spoken_of` those that anybody's choice names. A purpose that
    nobody spoke of is seen through the lens of an ancestor, if nobody spoke of what lies between.
    """
    with_lens = {slug for slug in lenses if covers(slug, purpose)}
    if purpose in with_lens:
        return purpose
    nearest = max(with_lens, key=lambda slug: (slug != BASE, len(slug)), default=None)
    between = (slug for slug in spoken_of if covers(slug, purpose) and slug not in with_lens)
    if nearest is None or any(not covers(slug, nearest) for slug in between):
        return None
    return nearest
