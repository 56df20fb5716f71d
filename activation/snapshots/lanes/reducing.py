"""What of a shape a question looks at. The rest is left out before anything is remembered of it."""

from collections.abc import Iterable, Sequence

from activation.decisions.standing import covers
from activation.snapshots.compact.encoding import Shape
from activation.snapshots.compact.tokens import Dictionary, Token
from consent.records.types import OFFICER

ReducedKey = tuple[tuple[int, ...], tuple[int, ...], tuple[int | None, ...], tuple[int, ...]]
"""Numbers, moments, references and ranks of the items that are left."""
_NOWHERE = -1


class Relevance:
    """Which items can bear on one purpose, and on those it requires, for one controller."""

    def __init__(self, purposes: Iterable[str], controller: str, dictionary: Dictionary) -> None:
        self._purposes = tuple(purposes)
        self._controllers = {None, controller}
        self._dictionary = dictionary
        self._known: dict[int, bool] = {}

    def places(self, shape: Shape) -> list[int]:
        """Return the places of the items that can bear on the question.

        What an officer says of a record bears on it wherever the record does.
        """
        kept = {place for place, number in enumerate(shape.numbers) if self._bears(number)}
        for place, number in enumerate(shape.numbers):
            if self._dictionary.token(number).choice in OFFICER:
                kept.discard(place)
                if shape.references[place] in kept:
                    kept.add(place)
        return sorted(kept)

    def _bears(self, number: int) -> bool:
        found = self._known.get(number)
        if found is None:
            found = self._known[number] = self._can_bear(self._dictionary.token(number))
        return found

    def _can_bear(self, token: Token) -> bool:
        if token.controller not in self._controllers:
            return False
        return token.choice is None or any(covers(token.purpose, purpose) for purpose in self._purposes)


def reduced_key(shape: Shape, kept: Sequence[int]) -> ReducedKey:
    """Return what tells apart shapes that differ in what a question looks at, and nothing else."""
    new_places = {place: new for new, place in enumerate(kept)}
    moments = list(dict.fromkeys(shape.moments[place] for place in kept))
    new_moments = {moment: new for new, moment in enumerate(moments)}
    ranks = sorted({shape.ranks[moment] for moment in moments})
    references = (shape.references[place] for place in kept)
    return (
        tuple(shape.numbers[place] for place in kept),
        tuple(new_moments[shape.moments[place]] for place in kept),
        tuple(None if target is None else new_places.get(target, _NOWHERE) for target in references),
        tuple(ranks.index(shape.ranks[moment]) for moment in moments),
    )
