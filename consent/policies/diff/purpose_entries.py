"""What differs between the purposes and the data categories of two texts."""

from collections.abc import Iterator

from consent.policies.diff.field_words import gained, lost, rewritten
from consent.policies.diff.keyed_entries import Fields, compare_keyed
from consent.policies.diff.names import Names
from consent.policies.diff.types import Direction, Effect, Entry


def compare_purposes(before: Fields, after: Fields, names: Names) -> Iterator[Entry]:
    """Yield the purposes that were added, removed or changed."""

    def changed(name: str, _: str, old: Fields, new: Fields) -> Iterator[Effect]:
        if name == "status":
            yield _status(new)
        elif name == "requires":
            yield from _requires(old, new, names)
        elif name == "opt_out_signals":
            yield _signals(old, new)
        else:
            yield rewritten(name, old.get(name), new.get(name))

    yield from compare_keyed("purposes", before, after, added=_added, removed=_removed, changed=changed)


def _added(_: str, entry: Fields) -> Iterator[Effect]:
    if entry.get("status") == "retired":
        yield Effect(Direction.WORDING, "A new purpose, and retired: it is denied as it was.")
    else:
        words = "A new purpose: data may be used for it wherever a rule and a recipient permit it."
        yield Effect(Direction.WIDER, words)


def _removed(_: str, entry: Fields) -> Iterator[Effect]:
    if entry.get("status") == "retired":
        yield Effect(Direction.WORDING, "It was retired already, and stays denied.")
    else:
        yield Effect(Direction.NARROWER, "The purpose is gone: everything that is asked for it is denied.")


def _status(new: Fields) -> Effect:
    if new.get("status") == "retired":
        return Effect(
            Direction.NARROWER, "The purpose is retired: everything that is asked for it is denied."
        )
    return Effect(Direction.WIDER, "The purpose is active again: what its rules permit may be allowed.")


def _requires(old: Fields, new: Fields, names: Names) -> Iterator[Effect]:
    earlier, later = old.get("requires", ()), new.get("requires", ())
    if more := gained(earlier, later):
        yield Effect(Direction.NARROWER, f"It is denied now unless {names.uses(more)} is allowed too.")
    if fewer := lost(earlier, later):
        yield Effect(Direction.WIDER, f"It no longer depends on {names.uses(fewer)} being allowed.")


def _signals(old: Fields, new: Fields) -> Effect:
    heeded, heeds = bool(old.get("opt_out_signals")), bool(new.get("opt_out_signals"))
    if heeds and not heeded:
        words = (
            "An opt-out signal (Global Privacy Control) now counts as a no to it, where a rule honours it."
        )
        return Effect(Direction.NARROWER, words)
    if heeded and not heeds:
        return Effect(Direction.WIDER, "Opt-out signals (Global Privacy Control) no longer speak to it.")
    return rewritten("opt_out_signals", old.get("opt_out_signals"), new.get("opt_out_signals"))


def compare_data_categories(before: Fields, after: Fields, _: Names) -> Iterator[Entry]:
    """Yield the data categories that were added, removed or changed."""

    def whole(words: str) -> Effect:
        return Effect(
            Direction.WORDING, f"{words} What that does is told where rules and recipients name it."
        )

    def changed(name: str, _: str, old: Fields, new: Fields) -> Iterator[Effect]:
        if name != "special":
            yield rewritten(name, old.get(name), new.get(name))
        elif new.get("special"):
            words = "Now special: it needs explicit consent, or a condition that the rule names."
            yield Effect(Direction.NARROWER, words)
        else:
            words = "No longer special: it is used without explicit consent where a rule permits it."
            yield Effect(Direction.WIDER, words)

    yield from compare_keyed(
        "data_categories",
        before,
        after,
        added=lambda *_: iter([whole("A new data category.")]),
        removed=lambda *_: iter([whole("The data category is gone.")]),
        changed=changed,
    )
