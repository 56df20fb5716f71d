"""Values of the consent-check API."""

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What an API key may be allowed to do. A key without a scope can do nothing."""

    CHECK = "check"
    EXPLAIN = "explain"
    SHADOW = "shadow"
    SEARCH = "search"
    IDENTIFIERS = "identifiers"
    CONSENTS_WRITE = "consents:write"
    CONSENTS_IMPORT = "consents:import"
    SUBJECTS_READ = "subjects:read"
    RUNS_READ = "runs:read"
    CHANGES_READ = "changes:read"
    LEDGER_READ = "ledger:read"
    RECEIPTS_READ = "receipts:read"


@dataclass(frozen=True, slots=True)
class Caller:
    """The machine that calls, as its key shows."""

    name: str
    scopes: frozenset[str]
