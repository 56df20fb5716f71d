"""Times as JSON carries them: RFC 3339, always with an offset."""

import re
from datetime import UTC, datetime
from functools import lru_cache

_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


@lru_cache(maxsize=256)  # what one act says of several purposes bears one time
def read_time(text: str) -> datetime | None:
    """Return the time that `text` names by RFC 3339, in UTC to the microsecond, or None."""
    if not _RFC3339.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
