"""What people and officers call a request. Pure."""

from collections.abc import Callable

ALPHABET = "23456789CFGHJKMNPQRTVWXY"
"""No letter that looks like another or like a digit, and no vowel that could make a word."""
_GROUP = 4


def make_word(choose: Callable[[str], str], *, groups: int = 2) -> str:
    """Return groups of four characters that `choose` picks, such as `7K3F-9QXW`."""
    return "-".join("".join(choose(ALPHABET) for _ in range(_GROUP)) for _ in range(groups))


def find_reference(text: str) -> str | None:
    """Return the reference that somebody typed, be it without its `R-`; None if it can be none."""
    word = read_word(text)
    word = word[1:] if len(word) == 2 * _GROUP + 1 and word.startswith("R") else word
    is_one = len(word) == 2 * _GROUP and set(word) <= set(ALPHABET)
    return f"R-{word[:_GROUP]}-{word[_GROUP:]}" if is_one else None


def read_word(text: str) -> str:
    """Return what somebody typed as it was made: capitals, no blanks or hyphens."""
    return "".join(text.upper().split()).replace("-", "")
