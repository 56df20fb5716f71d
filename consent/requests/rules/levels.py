"""How sure it must be that a request is the person's own. Pure."""

from collections.abc import Collection

from consent.requests.types import NEVER_VERIFIED, Level, Method, RequestType

_HANDS_DATA_OVER = frozenset({RequestType.ACCESS, RequestType.PORTABILITY})
_LOSES_DATA = frozenset({RequestType.ERASURE, RequestType.RECTIFICATION})
_ASKED_OF_NOBODY = NEVER_VERIFIED | {RequestType.COMPLAINT}
_STRONG_PLACES = frozenset({"US-CA"})

_GIVES = {
    Method.EMAIL_CODE: Level.CONTACT,
    Method.SMS_CODE: Level.CONTACT,
    Method.AGENT: Level.CONTACT,
    Method.TOKEN: Level.STRONG,
    Method.DOCUMENT: Level.STRONG,
}
_ORDER = (Level.NONE, Level.CONTACT, Level.STRONG)


def level_of(
    request_type: RequestType, *, jurisdictions: Collection[str] = (), has_special_categories: bool = False
) -> Level:
    """Return the level that a request needs, by what could go wrong if it were somebody else's.

    A no, and a complaint, is believed. Special categories are handed over, changed or erased only for
    somebody who was looked at, or who is logged in. In California, so are specific pieces of data: "a
    reasonably high degree of certainty" (11 CCR 7062(c)); everywhere else a contact that answers is enough.
    """
    if request_type in _ASKED_OF_NOBODY:
        return Level.NONE
    if has_special_categories and request_type in _HANDS_DATA_OVER | _LOSES_DATA:
        return Level.STRONG
    if request_type in _HANDS_DATA_OVER and not _STRONG_PLACES.isdisjoint(jurisdictions):
        return Level.STRONG
    return Level.CONTACT


def gives(method: Method) -> Level:
    """Return how sure a method makes."""
    return _GIVES[method]


def is_enough(method: Method, level: Level) -> bool:
    """Return whether `method` alone shows as much as `level` asks for."""
    return _ORDER.index(gives(method)) >= _ORDER.index(level)
