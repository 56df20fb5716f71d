"""What differs between the controllers and the jurisdictions of two texts."""

from collections.abc import Iterator, Sequence

from consent.policies.diff.field_words import gained, lost, rewritten
from consent.policies.diff.keyed_entries import Fields, compare_keyed
from consent.policies.diff.lookup import Lookup, groups_of, look_up, places_of
from consent.policies.diff.names import Names
from consent.policies.diff.orders import by_inclusion
from consent.policies.diff.rule_entries import ground_of
from consent.policies.diff.rule_fields import direction_of_terms
from consent.policies.diff.scope import stage_of
from consent.policies.diff.types import Direction, Effect, Entry, together


def compare_controllers(before: Fields, after: Fields, names: Names) -> Iterator[Entry]:
    """Yield the controllers that were added, removed or changed."""

    def changed(name: str, _: str, old: Fields, new: Fields) -> Iterator[Effect]:
        if name != "establishment":
            yield rewritten(name, old.get(name), new.get(name))
            return
        if more := gained(old[name], new[name]):
            words = (
                f"The law of {names.places(more)} now applies to everybody it deals with, besides their own."
            )
            yield Effect(Direction.NARROWER, words)
        if fewer := lost(old[name], new[name]):
            words = f"The law of {names.places(fewer)} no longer applies to everybody it deals with."
            yield Effect(Direction.WIDER, words)

    came = Effect(Direction.WIDER, "A new controller: rules that name no controller hold for it too.")
    gone = Effect(Direction.NARROWER, "The controller is gone: everything that it asks for is denied.")
    yield from compare_keyed(
        "controllers",
        before,
        after,
        added=lambda *_: iter([came]),
        removed=lambda *_: iter([gone]),
        changed=changed,
    )


def compare_jurisdictions(before: Fields, after: Fields, names: Names) -> Iterator[Entry]:
    """Yield the jurisdictions that were added, removed or changed."""
    direction = _direction_of_groups(before, after)

    def whole(words: str) -> Iterator[Effect]:
        yield Effect(Direction.WORDING, f"{words} What that does is told where rules name it.")

    def added(_: str, entry: Fields) -> Iterator[Effect]:
        if members := entry.get("members"):
            yield Effect(direction, f"A new group: rules that name it reach {names.places(members)}.")
        else:
            yield from whole("Rules may name it now.")

    def removed(_: str, entry: Fields) -> Iterator[Effect]:
        if members := entry.get("members"):
            yield Effect(direction, f"The group is gone: it reached {names.places(members)}.")
        else:
            yield from whole("No rule names it any more.")

    def changed(name: str, _: str, old: Fields, new: Fields) -> Iterator[Effect]:
        if name != "members":
            yield rewritten(name, old.get(name), new.get(name))
            return
        yield Effect(direction, _members(old.get(name, ()), new.get(name, ()), names))

    yield from compare_keyed("jurisdictions", before, after, added=added, removed=removed, changed=changed)


def _members(earlier: Sequence[str], later: Sequence[str], names: Names) -> str:
    told = ""
    if more := gained(earlier, later):
        told = f"Rules that name it now reach {names.places(more)} too. "
    if fewer := lost(earlier, later):
        told += f"Rules that name it no longer reach {names.places(fewer)}."
    return told.strip()


def _direction_of_groups(before: Fields, after: Fields) -> Direction:
    """Return the direction of the later text's groups under the earlier text's rules."""
    earlier, groups = look_up(before), groups_of(after)
    if earlier.groups == groups:
        return Direction.WORDING
    later = Lookup(groups, earlier.rules)
    stage = stage_of(before, after, earlier, later, ground_of(after))
    moved = [place for place in places_of(before, after) if earlier.chain(place) != later.chain(place)]
    rules = [
        direction_of_terms(
            earlier.rule_in(purpose, controller, place),
            later.rule_in(purpose, controller, place),
            stage.ground,
        )
        for purpose in stage.purposes
        for controller in stage.controllers
        for place in moved
    ]
    transfers = [
        by_inclusion(earlier.countries(rule), later.countries(rule)) for rule in before.get("rules", ())
    ]
    return together(*rules, *transfers)
