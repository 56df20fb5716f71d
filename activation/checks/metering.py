"""The meter of this process, and what callers spend on it."""

from collections.abc import Sequence
from datetime import datetime
from threading import Lock

from activation.checks import usage
from activation.checks.limits import IdentifierBudgetSpent, Meter, Spent
from activation.checks.types import Caller
from consent.subjects.queries import get_blind_indexes
from consent.subjects.types import Identifier

_ONE_AT_A_TIME = Lock()
METER = Meter()
"""One a process: the rate is a process's own, the budget is shared by way of the database."""


def flush_usage(*, at: datetime) -> None:
    """Keep what this process's meter counted, and learn what other processes did.

    :raises DatabaseError: if the database cannot be asked; call it again later.
    """
    with _ONE_AT_A_TIME:
        usage.flush(METER, at=at)


def note_use(caller: Caller) -> None:
    """Note that the caller's key was used."""
    METER.use(caller.key_id)


def spend_questions(caller: Caller, questions: int, *, now: float) -> Spent:
    """Spend questions of the caller's limit at `now`, in seconds of a clock that never goes back."""
    METER.watch(caller.client_id, caller.limits)
    return METER.spend(caller.client_id, questions, now)


def note_identifiers(caller: Caller, identifiers: Sequence[Identifier]) -> None:
    """Note whom the caller asks about, known or not.

    :raises MalformedIdentifier: if one cannot be of its kind.
    :raises IdentifierBudgetSpent: if they are more different ones than the caller may ask about in a day.
    """
    if caller.limits.identifiers_per_day is None:
        return
    METER.watch(caller.client_id, caller.limits)
    for index in get_blind_indexes(identifiers):
        METER.note(caller.client_id, index)
    if METER.is_budget_spent(caller.client_id):
        raise IdentifierBudgetSpent("you have asked about as many different identifiers as you may in a day")
