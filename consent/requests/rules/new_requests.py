"""What is wrong with something that comes in as a request. Pure."""

import re
from datetime import datetime, timedelta

from consent.kernel.errors import AccordantError
from consent.requests.types import NewRequest, RequestType
from consent.subjects.rules import normalise, normalise_value
from consent.subjects.types import IdentifierKind

LANGUAGES = ("en", "de", "fr", "pt", "es")
"""In which people are written to; another language gets English."""
MAX_IDENTIFIERS = 20
MAX_DETAILS = 10_000
MAX_CORRECTIONS = 50
MAX_CORRECTION = 1000
MAX_PURPOSES = 200
OLDEST = timedelta(days=365)
"""An officer enters letters; one that is older has been answered, or nobody knows any more."""
_EARLY = timedelta(minutes=5)  # that clocks may differ by
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)
_NAMES_PURPOSES = frozenset({RequestType.OBJECTION, RequestType.WITHDRAWAL})


def find_fault(new: NewRequest, *, at: datetime) -> str | None:
    """Return what is wrong with a request, first things first; None if it can be one. Repeats no value."""
    checks = (_in_who, _in_what, _in_times)
    return next((fault for check in checks if (fault := check(new, at))), None)


def _in_who(new: NewRequest, _: datetime) -> str | None:
    if not _SLUG.fullmatch(new.controller):
        return "controller: a slug is expected"
    if not 1 <= len(new.identifiers) <= MAX_IDENTIFIERS:
        return f"identifiers: 1 to {MAX_IDENTIFIERS} are expected"
    try:
        for identifier in new.identifiers:
            normalise(identifier)
    except AccordantError as error:
        return f"identifiers: {error}"
    return _in_reply_to(new)


def _in_reply_to(new: NewRequest) -> str | None:
    if new.reply_to is None:
        return None
    try:
        normalise_value(IdentifierKind.EMAIL, new.reply_to)
    except AccordantError:
        return "reply_to: an e-mail address is expected"
    return None


def _in_what(new: NewRequest, _: datetime) -> str | None:
    if len(new.purposes) > MAX_PURPOSES:
        return f"purposes: at most {MAX_PURPOSES} are expected"
    if new.purposes and new.type not in _NAMES_PURPOSES:
        return "purposes: only an objection and a withdrawal name them"
    if (new.appeal_of is not None) is not (new.type is RequestType.APPEAL):
        return "appeal_of: an appeal names the request that it is against, and nothing else does"
    return _in_words(new)


def _in_words(new: NewRequest) -> str | None:
    if len(new.details) > MAX_DETAILS or "\0" in new.details:
        return f"details: at most {MAX_DETAILS} characters of text are expected"
    if new.corrections and new.type is not RequestType.RECTIFICATION:
        return "corrections: only a rectification has them"
    if len(new.corrections) > MAX_CORRECTIONS or any(
        not 1 <= len(name) <= MAX_CORRECTION or len(value) > MAX_CORRECTION
        for name, value in new.corrections.items()
    ):
        return f"corrections: at most {MAX_CORRECTIONS}, each of at most {MAX_CORRECTION} characters"
    return None


def _in_times(new: NewRequest, at: datetime) -> str | None:
    if new.received_at.tzinfo is None:
        return "received_at: a time zone is expected"
    if not at - OLDEST <= new.received_at <= at + _EARLY:
        return "received_at: a time of the last year is expected"
    return None
