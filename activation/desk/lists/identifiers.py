"""Whether what somebody typed looks like an identifier of a person: such text is neither sent nor kept."""

import re

_NUMBER = re.compile(r"[+(]?\d[\d\s()./-]*")
_FEWEST_DIGITS = 6
_HASH = re.compile(r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}.*")


def looks_like_identifier(text: str) -> bool:
    """Return whether `text` may name a person: an address, a number of six digits or more, a hash.

    A day is none. Careful rather than clever: the page of people takes what is refused here.
    """
    text = text.strip()
    if "@" in text or "\uff20" in text or _HASH.fullmatch(text):
        return True
    digits = sum(one.isdigit() for one in text)
    return bool(digits >= _FEWEST_DIGITS and _NUMBER.fullmatch(text) and not _DAY.fullmatch(text))
