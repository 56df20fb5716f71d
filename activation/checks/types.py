"""Values of the consent-check API. Pure: no Django, no clock."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """What a client may be allowed to do. A client without a scope can do nothing.

    `consents:write` may be narrowed to a purpose and those below it: `consents:write:marketing.email`.
    """

    CHECK = "check"
    EXPLAIN = "explain"
    IDENTIFIERS = "identifiers"  # to be told people's identifiers by a search, not only their references
    SEARCH = "search"
    SHADOW = "shadow"
    CONSENTS_WRITE = "consents:write"
    CONSENTS_IMPORT = "consents:import"
    SUBJECTS_READ = "subjects:read"
    REQUESTS = "requests"  # to send in what people ask for, prove it by codes, and take it back
    REQUESTS_READ = "requests:read"  # to follow everybody's, which name nobody
    REQUESTS_VOUCH = "requests:vouch"  # to say who people are: no code is asked for then
    PREFERENCES = "preferences"  # to make links by which people reach, and end, what they agreed to
    PREFERENCES_VOUCH = "preferences:vouch"  # to say who is logged in: such a link opens all that is theirs
    RUNS_READ = "runs:read"
    RUNS_WRITE = "runs:write"  # to ask for runs, which let data leave, and to cancel them
    SUPPRESSIONS_READ = "suppressions:read"  # tells people's identifiers, as a destination was told them
    SUPPRESSIONS_WRITE = "suppressions:write"  # to say that people were taken out
    METRICS_READ = "metrics:read"
    CHANGES_READ = "changes:read"
    SUBSCRIPTIONS_READ = "subscriptions:read"
    SUBSCRIPTIONS_WRITE = "subscriptions:write"  # to have consent changes go somewhere, and go there again
    LEDGER_READ = "ledger:read"
    RECEIPTS_READ = "receipts:read"
    SNAPSHOTS_READ = "snapshots:read"
    LINEAGE_WRITE = "lineage:write"  # to tell what other systems did with data
    ADMIN = "admin"


NARROWED = f"{Scope.CONSENTS_WRITE}:"
"""What a scope begins with that lets choices be written for one purpose and those below it."""

TEST_SCOPES = frozenset({Scope.CHECK, Scope.EXPLAIN, Scope.SHADOW})
"""What a test key may be allowed to do: ask about one or many people, and nothing else."""


class ClientStatus(StrEnum):
    """Where a client stands, in words."""

    ACTIVE = "active"
    EXPIRING = "expiring soon"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a client may ask. None: as much as it likes."""

    questions_per_minute: int | None = 60_000
    """In one process; a batch of 100 is 100 questions."""
    identifiers_per_day: int | None = 100_000
    """Different identifiers asked about from midnight to midnight UTC, in all processes together."""


NO_LIMITS = Limits(questions_per_minute=None, identifiers_per_day=None)


@dataclass(frozen=True, slots=True)
class Caller:
    """The machine that calls, as its key shows."""

    name: str
    scopes: frozenset[str] = frozenset()
    client_id: int = 0
    key_id: int = 0
    is_test: bool = False
    limits: Limits = field(default_factory=Limits)

    def may(self, scope: str) -> bool:
        """Return whether the caller holds `scope`, be it narrowed to some purposes."""
        if scope in self.scopes:
            return True
        return scope == Scope.CONSENTS_WRITE and any(held.startswith(NARROWED) for held in self.scopes)

    @property
    def writable_purposes(self) -> frozenset[str] | None:
        """The purposes for which, and below which, the caller may write choices; None: every one."""
        if Scope.CONSENTS_WRITE in self.scopes:
            return None
        return frozenset(held.removeprefix(NARROWED) for held in self.scopes if held.startswith(NARROWED))


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveKey:
    """One key that works now, for a process that keeps all of them in memory."""

    key_hash: bytes
    expires_at: datetime
    caller: Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key just made. This is the only time that `key` can be seen."""

    client_id: int
    key_id: int
    expires_at: datetime
    key: str = field(repr=False)
