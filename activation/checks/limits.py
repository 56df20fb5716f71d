"""How much a client may ask: questions a minute, and different identifiers a day. Pure: no clock, no I/O.

One `Meter` a process counts. Nothing in it waits: the process tells it the time, and what must be kept is
written elsewhere (`activation.checks.usage`), about once a second. What a client is told depends on what it
asked alone, never on who is known: an unknown identifier counts like any other.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from math import ceil
from typing import NamedTuple

from activation.checks.distinct import Distinct
from activation.checks.types import Limits
from consent.kernel.errors import AccordantError

WINDOW = 60
"""Seconds. A window begins with its first question; in each, the same number of questions."""
DAY = 86_400
POLICY = "RateLimit-Policy"
REMAINING = "RateLimit"


class RateLimited(AccordantError):
    """The client asked more than it may in a minute."""

    code = "rate_limited"
    status = 429


class IdentifierBudgetSpent(AccordantError):
    """The client asked about more different identifiers than it may in a day."""

    code = "identifier_budget_spent"
    status = 429


class Spent(NamedTuple):
    """What became of an attempt to spend questions, and what is left."""

    is_allowed: bool
    limit: int | None = None
    """None: the client has no limit, and nothing else here means anything."""
    remaining: int = 0
    reset: float = 0.0
    """Seconds until the whole limit is there again."""


UNLIMITED = Spent(is_allowed=True)


class Account:
    """What one client has asked of this process."""

    __slots__ = ("distinct", "ends_at", "is_noted", "left", "limits")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.left = 0
        self.ends_at = float("-inf")
        self.distinct: Distinct | None = None
        """What was asked about since the day began; None: nothing yet."""
        self.is_noted = False
        """Whether identifiers were noted since they were last kept."""


class Meter:
    """Counts what clients ask. A call costs less than a microsecond."""

    def __init__(self) -> None:
        self._accounts: dict[int, Account] = {}
        self._used: set[int] = set()
        self._taken: set[int] = set()
        self._minute: datetime | None = None
        self.day: date | None = None

    def watch(self, client_id: int, limits: Limits) -> None:
        """Hold the client to `limits` from now on. One never watched is held to the default ones."""
        account = self._account(client_id)
        if account.limits != limits:
            account.limits, account.ends_at = limits, float("-inf")

    def spend(self, client_id: int, cost: int, now: float) -> Spent:
        """Spend `cost` questions at `now`, in seconds of a clock that never goes back. A refusal is free."""
        account = self._accounts.get(client_id) or self._account(client_id)
        limit = account.limits.questions_per_minute
        if limit is None:
            return UNLIMITED
        if now >= account.ends_at:
            account.left, account.ends_at = limit, now + WINDOW
        left = account.left - cost
        if left < 0:
            return Spent(False, limit, account.left, account.ends_at - now)
        account.left = left
        return Spent(True, limit, left, account.ends_at - now)

    def note(self, client_id: int, digest: bytes) -> None:
        """Note that the client asks about the identifier of this blind index, known or not."""
        account = self._accounts.get(client_id) or self._account(client_id)
        if account.limits.identifiers_per_day is None:
            return
        if account.distinct is None:
            account.distinct = Distinct()
        account.is_noted = True
        account.distinct.add(digest)

    def is_budget_spent(self, client_id: int) -> bool:
        """Return whether the client has asked about more identifiers today than it may."""
        account = self._accounts.get(client_id)
        if account is None or account.distinct is None:
            return False
        budget = account.limits.identifiers_per_day
        return budget is not None and account.distinct.estimate > budget + 0.5

    def use(self, key_id: int) -> None:
        """Note that the key was used."""
        self._used.add(key_id)

    def take_used(self, minute: datetime) -> set[int]:
        """Return the keys used of late that were not returned for this `minute` yet."""
        used, self._used = self._used, set()
        if minute != self._minute:
            self._minute, self._taken = minute, set()
        fresh = used - self._taken
        self._taken |= fresh
        return fresh

    def turn_to(self, day: date) -> bool:
        """Begin a new day, on which nobody has asked about anybody; return whether it is one.

        What was noted before the meter was first told the day counts for that day.
        """
        if day == self.day:
            return False
        for account in [*self._accounts.values()] if self.day else []:
            account.distinct, account.is_noted = None, False
        self.day = day
        return True

    def merge(self, client_id: int, registers: bytes) -> Distinct:
        """Count what other processes noted of the client, too, and return what is noted by now."""
        account = self._account(client_id)
        if account.distinct is None:
            account.distinct = Distinct(registers)
        else:
            account.distinct.merge(registers)
        return account.distinct

    def take_noted(self) -> Mapping[int, Distinct]:
        """Return what clients asked about today, of those who did since the last time."""
        noted = {}
        for client_id, account in [*self._accounts.items()]:
            if account.is_noted and account.distinct is not None:
                account.is_noted = False
                noted[client_id] = account.distinct
        return noted

    def note_again(self, client_ids: Iterable[int]) -> None:
        """Have what these clients asked about taken once more: it could not be kept."""
        for client_id in client_ids:
            self._account(client_id).is_noted = True

    def _account(self, client_id: int) -> Account:
        found = self._accounts.get(client_id)
        return found or self._accounts.setdefault(client_id, Account(Limits()))


def headers_of(spent: Spent) -> dict[str, str]:
    """Return what draft-ietf-httpapi-ratelimit-headers-10 has the client told; nothing if it has no limit."""
    if spent.limit is None:
        return {}
    told = {
        POLICY: f'"questions";q={spent.limit};w={WINDOW}',
        REMAINING: f'"questions";r={spent.remaining};t={ceil(spent.reset)}',
    }
    return told if spent.is_allowed else told | {"Retry-After": str(max(1, ceil(spent.reset)))}


def refusal_of(spent: Spent, cost: int) -> RateLimited:
    """Return what a client that may not spend `cost` is told."""
    if spent.limit is not None and cost > spent.limit:
        return RateLimited(f"ask at most {spent.limit:,} questions at once: that is your limit for a minute")
    return RateLimited("this is more than you may ask in a minute: ask again when Retry-After has passed")
