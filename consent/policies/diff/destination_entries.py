"""What differs between the recipients of two texts."""

from collections.abc import Iterator, Mapping
from typing import Any

from consent.policies.diff.field_words import gained, lost, rewritten
from consent.policies.diff.keyed_entries import Fields, compare_keyed
from consent.policies.diff.names import Names
from consent.policies.diff.orders import by_inclusion, by_permission, by_permission_level
from consent.policies.diff.property_entries import effects_of_registered
from consent.policies.diff.rule_entries import ground_of
from consent.policies.diff.rule_fields import Ground
from consent.policies.diff.types import Direction, Effect, Entry, together

Rule = Mapping[str, Any]


def compare_destinations(before: Fields, after: Fields, names: Names) -> Iterator[Entry]:
    """Yield the destinations that were added, removed or changed, judged under the later text's rules."""

    def added(_: str, entry: Fields) -> Iterator[Effect]:
        data, uses = names.titles("data_categories", entry["data_categories"]), names.uses(entry["purposes"])
        words = f"A new recipient in {entry['country']}: it may receive {data} for {uses}."
        yield Effect(Direction.WIDER, words)

    def removed(*_: object) -> Iterator[Effect]:
        yield Effect(Direction.NARROWER, "The recipient is gone: nothing may be sent to it.")

    def changed(name: str, _: str, old: Fields, new: Fields) -> Iterator[Effect]:
        yield from _changed(name, old, new, after, names)

    yield from compare_keyed("destinations", before, after, added=added, removed=removed, changed=changed)


def _changed(name: str, old: Fields, new: Fields, after: Fields, names: Names) -> Iterator[Effect]:
    purposes, ground = {*old["purposes"], *new["purposes"]}, ground_of(after)
    rules = _rules_for(after, purposes)
    if name == "purposes":
        yield from _purposes(old, new, names)
    elif name == "data_categories":
        yield from _data_categories(old, new, rules, ground, names)
    elif name == "properties":
        rules = _rules_for(after, _with_required(after, purposes))
        yield from effects_of_registered(old, new, rules, after, names)
    elif name == "country":
        yield _country(old, new, rules, ground)
    elif name == "role":
        yield _role(new)
    else:
        yield rewritten(name, old.get(name), new.get(name))


def _rules_for(document: Fields, purposes: set[str]) -> list[Rule]:
    return [rule for rule in document["rules"] if purposes.intersection(rule["purposes"])]


def _with_required(document: Fields, purposes: set[str]) -> set[str]:
    """Return `purposes` and all that they require: conditions of those look at the same recipient."""
    found, left = set[str](), [*purposes]
    while left:
        slug = left.pop()
        if slug not in found:
            found.add(slug)
            left += document["purposes"].get(slug, {}).get("requires", ())
    return found


def _purposes(old: Fields, new: Fields, names: Names) -> Iterator[Effect]:
    if more := gained(old["purposes"], new["purposes"]):
        yield Effect(Direction.WIDER, f"It may now receive data for {names.uses(more)} too.")
    if fewer := lost(old["purposes"], new["purposes"]):
        yield Effect(Direction.NARROWER, f"It may no longer receive data for {names.uses(fewer)}.")


def _data_categories(
    old: Fields, new: Fields, rules: list[Rule], ground: Ground, names: Names
) -> Iterator[Effect]:
    """Yield what it does to questions that name data, and to those that mean all that it may receive."""
    earlier, later = old["data_categories"], new["data_categories"]
    named = together(
        *(
            by_inclusion(
                *({*categories}.intersection(rule["data_categories"]) for categories in (earlier, later))
            )
            for rule in rules
        )
    )
    told = []
    if more := gained(earlier, later):
        told.append(
            f"It may now receive {names.titles('data_categories', more)} too, where a rule permits it."
        )
    if fewer := lost(earlier, later):
        told.append(f"It may no longer receive {names.titles('data_categories', fewer)}.")
    yield Effect(named, " ".join(told))
    unnamed = [
        by_permission_level(_level(earlier, rule, ground), _level(later, rule, ground)) for rule in rules
    ]
    yield from _unnamed(together(*unnamed))


def _unnamed(direction: Direction) -> Iterator[Effect]:
    """Yield what becomes of questions that name no data: they ask for all that the recipient may receive."""
    words = {
        Direction.NARROWER: "are denied now where a rule does not permit all of it.",
        Direction.WIDER: "are no longer denied for data that a rule does not permit.",
        Direction.BOTH: "are denied now under some rules, and no longer under others.",
    }
    if direction in words:
        begin = "Questions that name no data, and so mean all that it may receive,"
        yield Effect(direction, f"{begin} {words[direction]}")


def _level(categories: list[str], rule: Rule, ground: Ground) -> int:
    """Return whether all of `categories` may be used: 0 never, 1 with an explicit yes, 2 yes."""
    if not {*categories} <= {*rule["data_categories"]}:
        return 0
    return 1 if ground.special.intersection(categories) and not rule.get("special_condition") else 2


def _country(old: Fields, new: Fields, rules: list[Rule], ground: Ground) -> Effect:
    def permits(rule: Rule, country: str) -> bool:
        return not {*rule["transfer_countries"]}.isdisjoint(ground.lookup.chain(country))

    direction = together(
        *(by_permission(permits(rule, old["country"]), permits(rule, new["country"])) for rule in rules)
    )
    what = {
        Direction.WORDING: "The rules on its purposes treat both alike.",
        Direction.NARROWER: "Not every rule on its purposes permits data to go there.",
        Direction.WIDER: "Rules that did not permit data to go there permit it now.",
    }.get(direction, "Some rules permit only the one, some only the other.")
    return Effect(direction, f"Its data now goes to {new['country']}; before, to {old['country']}. {what}")


def _role(new: Fields) -> Effect:
    if new["role"] == "third_party":
        words = "Now a third party, with ends of its own: a yes covers it only if the notice named it."
        return Effect(Direction.NARROWER, words)
    words = "Now a processor of the controller's: a yes covers it without a notice that names it."
    return Effect(Direction.WIDER, words)
