"""What people and officers call a request. Pure."""

from collections.abc import Callable

ALPHABET = "23456789CFGHJKMNPQRTVWXY"
"""No letter that looks like another or like a digit, and no vowel that could make a word."""
_GROUP = 4


def make_word(choose: Callable[[str], str], *, groups: int = 2) -> str:
    """Return groups of four characters that `choose` picks, such as `7K3F-9QXW`."""
    return "-".join("".join(choose(ALPHABET) for _ in range(_GROUP)) for _ in range(groups))


def read_word(text: str) -> str:
    """Return what somebody typed as it was made: capitals, no blanks or hyphens."""
    return "".join(text.upper().split()).replace("-", "")
