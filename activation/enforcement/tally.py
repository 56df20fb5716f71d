"""What a run decided: counts for the manifest, keyed hashes for the evidence."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from activation.decisions.reasons import Reason
from activation.decisions.types import Decision, Obligation
from consent.subjects.types import Identifier
from consent.verifier.manifests.evidence import Evidence
from consent.verifier.manifests.membership import hash_member


@dataclass(slots=True)
class Tally:
    """Grows row by row. Its hashes take some 200 bytes of memory an identifier."""

    run_key: bytes
    rows: int = 0
    allowed: int = 0
    denied_by_reason: Counter[Reason] = field(default_factory=Counter)
    legal_bases: Counter[str] = field(default_factory=Counter)
    obligations: Counter[Obligation] = field(default_factory=Counter)
    not_after: datetime | None = None
    """The earliest end of an allow so far."""
    _allowed_members: set[bytes] = field(default_factory=set)
    _denied_members: defaultdict[bytes, set[Reason]] = field(default_factory=lambda: defaultdict(set))

    @property
    def denied(self) -> int:
        """How many rows were denied."""
        return self.rows - self.allowed

    def add(self, identifiers: Iterable[Identifier], decision: Decision) -> None:
        """Count one row. A row that names nobody adds no member."""
        members = [hash_member(self.run_key, one) for one in identifiers]
        self.rows += 1
        if decision.allowed:
            self._count_allowed(decision)
            self._allowed_members.update(members)
            return
        self.denied_by_reason[decision.reason] += 1
        for member in members:
            self._denied_members[member].add(decision.reason)

    def evidence(self, run_id: UUID) -> Evidence:
        """Return the members found so far."""
        denied = {member: frozenset(reasons) for member, reasons in self._denied_members.items()}
        return Evidence(str(run_id), self.run_key, frozenset(self._allowed_members), denied)

    def sorted_obligations(self) -> Sequence[tuple[Obligation, int]]:
        """Return each obligation with the number of rows that owed it, in a fixed order."""
        return sorted(self.obligations.items(), key=lambda pair: (pair[0].kind, pair[0].field, pair[0].value))

    def _count_allowed(self, decision: Decision) -> None:
        self.allowed += 1
        self.legal_bases[str(decision.legal_basis)] += 1
        self.obligations.update(decision.obligations)
        ends = [end for end in (self.not_after, decision.valid_until) if end]
        self.not_after = min(ends, default=None)
