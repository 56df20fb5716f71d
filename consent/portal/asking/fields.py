"""Which fields the form of each type of request has. Pure.

As few as find the person and say what they ask: none for proof, none that is only nice to have.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from consent.requests.types import NEVER_VERIFIED, RequestType

T = RequestType
GROUPS: Mapping[str, tuple[RequestType, ...]] = {
    "about_you": (T.ACCESS, T.PORTABILITY),
    "change": (T.RECTIFICATION, T.ERASURE, T.RESTRICTION),
    "say_no": (T.OBJECTION, T.WITHDRAWAL, T.OPT_OUT, T.LIMIT_SENSITIVE),
    "disagree": (T.AUTOMATED_DECISION, T.COMPLAINT),
}
"""How the first page lists them. An appeal begins on the page of the request that it is against."""
OFFERED = frozenset(one for group in GROUPS.values() for one in group)
WITHOUT_DETAILS = frozenset({T.OPT_OUT, T.LIMIT_SENSITIVE, T.WITHDRAWAL})
WITH_NEEDED_DETAILS = frozenset({T.AUTOMATED_DECISION, T.COMPLAINT})
WITH_PURPOSES = frozenset({T.OBJECTION, T.WITHDRAWAL})
CORRECTIONS = 3
"""How many lines a correction has; more goes into the details, or into another request."""
TRAP = "website"
"""A field that people do not see. What fills it in is no person."""
ONCE = "once"
"""A number of the form: sent twice, it counts once."""


@dataclass(frozen=True, slots=True)
class FormShape:
    """What the form of one type asks."""

    type: RequestType

    @property
    def is_no(self) -> bool:
        """Whether nobody is asked for proof."""
        return self.type in NEVER_VERIFIED

    @property
    def has_details(self) -> bool:
        """Whether there is a field for the person's own words."""
        return self.type not in WITHOUT_DETAILS

    @property
    def needs_details(self) -> bool:
        """Whether it makes no sense without them."""
        return self.type in WITH_NEEDED_DETAILS

    @property
    def may_be_silent(self) -> bool:
        """Whether the field for them may stay empty."""
        return not self.needs_details

    @property
    def has_purposes(self) -> bool:
        """Whether purposes can be chosen."""
        return self.type in WITH_PURPOSES

    @property
    def corrections(self) -> range:
        """The numbers of the lines for corrections."""
        return range(1, (CORRECTIONS if self.type is T.RECTIFICATION else 0) + 1)
