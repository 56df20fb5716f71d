"""A comparison as plain text, for a terminal or a mail, and as values that JSON can hold."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from consent.policies.diff.types import Comparison, Entry, Piece

_MARKS = {"kept": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}


def write_text(comparison: Comparison) -> str:
    """Return the comparison as lines: the whole first, then each part with its effects."""
    return "\n".join(_lines(comparison)) + "\n"


def as_values(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as dicts, lists and texts, with the directions worked out."""
    return {
        "direction": comparison.direction.value,
        "words": comparison.words,
        "sections": [
            {"name": section.name, "entries": [_entry_values(entry) for entry in section.entries]}
            for section in comparison.sections
        ],
    }


def _entry_values(entry: Entry) -> dict[str, Any]:
    return {"direction": entry.direction.value, **asdict(entry)}


def _lines(comparison: Comparison) -> Iterator[str]:
    yield comparison.words
    for section in comparison.sections:
        yield ""
        yield section.name.upper()
        for entry in section.entries:
            yield from _entry_lines(entry)


def _entry_lines(entry: Entry) -> Iterator[str]:
    yield f"  {entry.kind} {entry.key}: {entry.title}"
    for effect in entry.effects:
        mark = " (!)" if effect.is_grave else ""
        yield f"    {effect.direction.value:<9}{effect.words}{mark}"
    for change in entry.texts:
        yield f"    {change.path}:"
        yield from (f"      {line}" for line in marked(change.pieces).splitlines())


def marked(pieces: tuple[Piece, ...]) -> str:
    """Return both texts in one: `[-what went-]` and `{+what came+}`."""
    return "".join(_MARKS[piece.mark].format(piece.text) for piece in pieces)
