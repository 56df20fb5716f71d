"""What differs between the notices of two texts. A version that people have seen should never differ."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from consent.policies.diff.field_words import (
    field_changes,
    gained,
    in_other_words,
    lost,
    means_the_same,
    rewritten,
)
from consent.policies.diff.keyed_entries import Fields, compare_keyed
from consent.policies.diff.names import Names
from consent.policies.diff.text_changes import compare_texts
from consent.policies.diff.types import Direction, Effect, Entry, FieldChange, Kind, TextChange


def compare_notices(before: Fields, after: Fields, names: Names) -> Iterator[Entry]:
    """Yield the notices that were added, removed or changed."""

    def added(_: str, entry: Fields) -> Iterator[Effect]:
        yield from _versions({}, entry["versions"], names)

    def removed(_: str, entry: Fields) -> Iterator[Effect]:
        yield from _versions(entry["versions"], {}, names)

    def changed(name: str, _: str, old: Fields, new: Fields) -> Iterator[Effect]:
        if name == "versions":
            yield from _versions(old["versions"], new["versions"], names)
        else:
            yield rewritten(name, old.get(name), new.get(name))

    for entry in compare_keyed("notices", before, after, added=added, removed=removed, changed=changed):
        if entry.kind is Kind.CHANGED:
            pair = (one["notices"][entry.key]["versions"] for one in (before, after))
            old, new = pair
            changes = (*_titles(entry.changes), *_fields(entry.key, old, new))
            yield replace(entry, changes=changes, texts=tuple(_texts(entry.key, old, new)))
        else:
            yield entry


def _versions(old: Fields, new: Fields, names: Names) -> Iterator[Effect]:
    for number in sorted({*old, *new}, key=int):
        if number not in old:
            yield _version_added(number, new[number], names)
        elif number not in new:
            yield _version_removed(number, old[number], names)
        else:
            yield from _version_changed(number, old[number], new[number], names)


def _version_added(number: str, version: Fields, names: Names) -> Effect:
    if named := version.get("recipients"):
        words = f"Version {number} is new: a yes given on it covers {names.titles('destinations', named)}."
        return Effect(Direction.WIDER, words)
    words = f"Version {number} is new. It names no third party, so a yes given on it covers none."
    return Effect(Direction.WORDING, words)


def _version_removed(number: str, version: Fields, names: Names) -> Effect:
    if named := version.get("recipients"):
        words = f"a yes given on it no longer covers {names.titles('destinations', named)}."
        return Effect(Direction.NARROWER, f"Version {number} is gone: {words}", is_grave=True)
    words = f"Version {number} is gone, and with it what people were told."
    return Effect(Direction.WORDING, words, is_grave=True)


def _version_changed(number: str, old: Fields, new: Fields, names: Names) -> Iterator[Effect]:
    for name in ("published_at", "purposes", "recipients", "texts"):
        earlier, later = old.get(name), new.get(name)
        if earlier == later:
            continue
        if name != "texts" and means_the_same(earlier, later, [] if name == "recipients" else None):
            yield in_other_words(f"{name} of version {number}", earlier, later)
        elif name == "recipients":
            yield from _recipients(number, old, new, names)
        elif name == "texts":
            yield from _languages(number, old["texts"], new["texts"])
        else:
            effect = rewritten(f"{name} of version {number}", earlier, later)
            yield replace(effect, is_grave=True)


def _recipients(number: str, old: Fields, new: Fields, names: Names) -> Iterator[Effect]:
    earlier, later = old.get("recipients", ()), new.get("recipients", ())
    if more := gained(earlier, later):
        who = names.titles("destinations", more)
        words = (
            f"A yes given on version {number} now covers {who}: but people who saw version {number} were not"
            f" told of {who}. Publish a new version of the notice instead."
        )
        yield Effect(Direction.WIDER, words, is_grave=True)
    if fewer := lost(earlier, later):
        who = names.titles("destinations", fewer)
        yield Effect(
            Direction.NARROWER, f"A yes given on version {number} no longer covers {who}.", is_grave=True
        )


def _languages(number: str, old: Fields, new: Fields) -> Iterator[Effect]:
    for language in dict.fromkeys([*old, *new]):
        if language not in old:
            yield Effect(Direction.WORDING, f"Version {number} has a text in {language} now.")
        elif language not in new:
            yield Effect(
                Direction.WORDING, f"The text of version {number} in {language} is gone.", is_grave=True
            )
        elif old[language] != new[language]:
            words = (
                f"The text of version {number} in {language} is another one: people who saw version {number}"
                " saw the earlier text. Publish a new version of the notice instead."
            )
            yield Effect(Direction.WORDING, words, is_grave=True)


def _titles(changes: tuple[FieldChange, ...]) -> Iterator[FieldChange]:
    return (change for change in changes if not change.path.endswith(".versions"))


def _fields(key: str, old: Fields, new: Fields) -> Iterator[FieldChange]:
    """Yield what differs version by version; the texts are told word by word besides."""
    for number in sorted({*old, *new}, key=int):
        earlier, later = ({**one.get(number, {}), "texts": None} for one in (old, new))
        yield from field_changes(earlier, later, f"notices.{key}.versions.{number}")


def _texts(key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[TextChange]:
    """Yield each text that differs; a new version's against that of the version before it."""
    for number in new:
        earlier = old.get(number) or _version_before(number, new)
        for language, text in new[number]["texts"].items():
            then = (earlier or {}).get("texts", {}).get(language, "")
            if then != text and (number not in old or language in old[number]["texts"]):
                where = f"notices.{key}.versions.{number}.texts.{language}"
                yield TextChange(where, compare_texts(then, text))


def _version_before(number: str, versions: Mapping[str, Any]) -> Any:
    earlier = [int(one) for one in versions if int(one) < int(number)]
    return versions[str(max(earlier))] if earlier else None
