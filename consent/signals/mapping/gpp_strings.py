"""Reads a GPP string for the mapping: section by section, so that one which cannot be read spoils no other.

A registry of sections grows, and banners write what no specification allows (`MspaCoveredTransaction` 0 is
common). To refuse a whole string for one section would lose the noes of the others; to pass over that section
would lose its own. So it is named, and the mapping takes it for an opt-out.
"""

from consent.signals.gpp.codec import read_section, split
from consent.signals.gpp.types import GppString, Section
from consent.signals.mapping.types import TCF_CANADA_SECTION, TCF_EU_SECTION
from consent.signals.reading import Lenient, Strict

_NO_YES = "disclosed_vendors_missing"
"""The fault of a TC string whose noes count all the same, as those of one that comes alone do."""
_MAY_SAY_YES = frozenset({TCF_EU_SECTION, TCF_CANADA_SECTION})
"""Sections of which nothing is taken that is not in order; what the others say can only be a no."""


def read_gpp(text: str) -> tuple[GppString, tuple[int, ...]]:
    """Return what sections say, and the ids of those that are not in order, or not known.

    They are what `Received` takes as `gpp` and `gpp_unread`. A US section that is not in order is among both:
    what can be read of it may be a no. A TC string without the disclosed vendors that it must have is in
    order here: the mapping takes no yes from it.

    :raises MalformedSignal: if the sections cannot be told apart: the header is not in order, or names more
        or fewer than there are.
    """
    sections: dict[int, Section] = {}
    unread = []
    for id_, part, start in split(text, Strict()):
        reader = Lenient()
        section = read_section(id_, part, start, reader)
        is_in_order = all(fault.reason == _NO_YES for fault in reader.ignored)
        if not is_in_order:
            unread.append(id_)
        if section is not None and (is_in_order or id_ not in _MAY_SAY_YES):
            sections[id_] = section
    return GppString(sections), tuple(unread)
