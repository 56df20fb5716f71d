"""Reads a GPP string for the mapping: strictly, but for what the mapping takes as less than a yes.

A registry of sections grows. To refuse a whole string for a section of tomorrow would lose the noes of the
others; to pass over that section would lose its own. So it is named, and the mapping takes it for an opt-out.
"""

from consent.signals.errors import MalformedSignal
from consent.signals.gpp.codec import decode, decode_leniently
from consent.signals.gpp.header import read_header
from consent.signals.gpp.types import GppString
from consent.signals.reading import Strict

_OF_TOMORROW = frozenset({"unknown_section", "unknown_version"})
_NO_YES = "disclosed_vendors_missing"
"""The fault of a TC string whose noes count all the same, as those of one that comes alone do."""
_PASSED = _OF_TOMORROW | {_NO_YES}


def read_gpp(text: str) -> tuple[GppString, tuple[int, ...]]:
    """Return the sections that are known, and the ids of those whose id or version is not.

    A TC string without the disclosed vendors that it must have is read: the mapping takes no yes from it.
    They are what `Received` takes as `gpp` and `gpp_unread`.

    :raises MalformedSignal: if anything else is wrong, with the first such fault.
    """
    try:
        return decode(text), ()
    except MalformedSignal as error:
        if error.fault.reason not in _PASSED:
            raise
    found, faults = decode_leniently(text)
    for fault in faults:
        if fault.reason not in _PASSED:
            raise MalformedSignal(fault)
    ids = tuple(read_header(text.partition("~")[0], Strict()))
    unread = (fault.position or 0 for fault in faults if fault.reason in _OF_TOMORROW)
    places = {text.count("~", 0, position) for position in unread}  # the header's is 0
    return found, tuple(ids[place - 1] for place in sorted(places) if place)
