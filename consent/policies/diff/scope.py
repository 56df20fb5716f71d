"""Which questions pass from one rule to another, and which way that goes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consent.policies.diff.lookup import Document, Lookup, live_purposes, places_of
from consent.policies.diff.rule_fields import Ground, direction_of_terms
from consent.policies.diff.types import Direction
from consent.policies.document.codes import ANYWHERE

UNRESOLVED = "unresolved"
"""Stands for people of whom no place is known: every rule must allow, one of them for everywhere."""
Rule = Mapping[str, Any]
ByCode = Mapping[str, Rule]


@dataclass(frozen=True)
class Shift:
    """One question that another rule speaks to now. None: no rule, and denied."""

    purpose: str
    controller: str
    place: str
    old: Rule | None
    new: Rule | None
    direction: Direction


@dataclass(frozen=True)
class Stage:
    """Two look-ups over the same purposes and controllers."""

    before: Lookup
    after: Lookup
    purposes: Sequence[str]
    controllers: Sequence[str]
    places: Sequence[str]
    ground: Ground

    def shifts(self) -> Iterator[Shift]:
        """Yield every question that passes from one rule to another, those unresolved included."""
        for purpose in self.purposes:
            for controller in self.controllers:
                if self._owners(self.before, purpose, controller) != self._owners(
                    self.after, purpose, controller
                ):
                    yield from self._in_places(purpose, controller)
                    yield from self._unresolved(purpose, controller)

    def _owners(self, lookup: Lookup, purpose: str, controller: str) -> object:
        owned = lookup.rules.get((purpose, controller), {})
        return lookup.groups, {code: rule["id"] for code, rule in owned.items()}

    def _in_places(self, purpose: str, controller: str) -> Iterator[Shift]:
        known: dict[tuple[object, object], Direction] = {}
        for place in self.places:
            old = self.before.rule_in(purpose, controller, place)
            new = self.after.rule_in(purpose, controller, place)
            if _id(old) != _id(new):
                pair = (_id(old), _id(new))
                if pair not in known:
                    known[pair] = direction_of_terms(old, new, self.ground)
                yield Shift(purpose, controller, place, old, new, known[pair])

    def _unresolved(self, purpose: str, controller: str) -> Iterator[Shift]:
        old, new = (one.rules.get((purpose, controller), {}) for one in (self.before, self.after))
        if ANYWHERE not in old and ANYWHERE not in new:
            return
        if ANYWHERE not in new or ANYWHERE not in old:
            gone, came = old.get(ANYWHERE), new.get(ANYWHERE)
            direction = Direction.WIDER if came else Direction.NARROWER
            yield Shift(purpose, controller, UNRESOLVED, gone, came, direction)
            return
        for rule in _not_implied(new, old, self.ground):
            yield Shift(purpose, controller, UNRESOLVED, None, rule, Direction.NARROWER)
        for rule in _not_implied(old, new, self.ground):
            yield Shift(purpose, controller, UNRESOLVED, rule, None, Direction.WIDER)


def _not_implied(rules: ByCode, others: ByCode, ground: Ground) -> Iterator[Rule]:
    """Yield each of `rules` that is not among `others`, and asks for more than each of them."""
    known = {rule["id"]: rule for rule in others.values()}
    for rule_id, rule in {rule["id"]: rule for rule in rules.values()}.items():
        stricter = (direction_of_terms(rule, other, ground) for other in known.values())
        if rule_id not in known and not {Direction.WORDING, Direction.NARROWER}.intersection(stricter):
            yield rule


def _id(rule: Rule | None) -> object:
    return rule["id"] if rule else None


def stage_of(before: Document, after: Document, earlier: Lookup, later: Lookup, ground: Ground) -> Stage:
    """Return the stage for two look-ups made of parts of the two texts."""
    return Stage(
        before=earlier,
        after=later,
        purposes=list(live_purposes(before, after)),
        controllers=[slug for slug in after["controllers"] if slug in before["controllers"]],
        places=places_of(before, after),
        ground=ground,
    )
