"""How far a choice may reach: a no as far as the person likes, anything else as far as it says.

Held by those who read rows and by those who write them, whoever made the row.
"""

from collections.abc import Iterator

from consent.records.types import ANY_PURPOSE, NO, OFFICER, YES, FaultCode, NewChoice

Overreach = tuple[str, FaultCode, str]
"""The field of the choice, what is wrong with it, and what was expected."""


def find_overreach(choice: NewChoice) -> Iterator[Overreach]:
    """Yield what would let a choice reach further than it may. An officer's reaches what it refers to."""
    if choice.choice in NO | OFFICER:
        return
    if choice.purpose == ANY_PURPOSE:
        yield "purpose", FaultCode.UNKNOWN_PURPOSE, "only a no may speak of all purposes"
    if choice.choice in YES and choice.controller is None:
        yield "controller", FaultCode.CONTROLLER_REQUIRED, "a grant names the controller it is given to"
