"""Two texts side by side, word by word."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from consent.policies.diff.types import Piece

_WORD = re.compile(r"\s+|\w+|[^\w\s]")
_MOST_PAIRS = 4_000_000
"""Longer texts are told apart by lines only: word by word takes time that grows with the product."""


def compare_texts(before: str, after: str) -> tuple[Piece, ...]:
    """Return the pieces of both texts in order.

    Those kept and removed make up `before`; those kept and added make up `after`.
    """
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    pieces: list[Piece] = []
    for mark, removed, added in _differences(old, new):
        if mark == "replace" and _is_short(removed, added):
            pieces += _pieces(_WORD.findall(removed), _WORD.findall(added))
        else:
            pieces += _marked(mark, removed, added)
    return tuple(pieces)


def _is_short(removed: str, added: str) -> bool:
    return len(removed) * len(added) <= _MOST_PAIRS


def _pieces(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    for mark, removed, added in _differences(old, new):
        yield from _marked(mark, removed, added)


def _differences(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    for mark, start, end, new_start, new_end in matcher.get_opcodes():
        yield mark, "".join(old[start:end]), "".join(new[new_start:new_end])


def _marked(mark: str, removed: str, added: str) -> Iterator[Piece]:
    if mark == "equal":
        yield Piece("kept", removed)
        return
    if removed:
        yield Piece("removed", removed)
    if added:
        yield Piece("added", added)
