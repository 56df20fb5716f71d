"""What would become of a list: every row decided as a run decides it, and nothing written."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from activation.decisions.types import NOT_HONOURED, Decision, Question
from activation.enforcement.audience.identifiers import find_identifier_columns, read_identifiers
from activation.enforcement.audience.reading import open_audience
from activation.enforcement.audience.types import AudienceFormat
from activation.enforcement.deciding import decide_rows
from activation.enforcement.order import Order
from activation.enforcement.strings.lacking import Answer, list_lacking, owes_string
from activation.enforcement.types import Progress
from activation.snapshots.queries import Snapshot, open_snapshot
from consent.subjects.queries import find_subjects
from consent.subjects.types import Identifier, IdentifierKind, SubjectRef

_Person = tuple[Identifier, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Which part of a list could leave now, and why the rest could not. It names nobody."""

    purpose: str
    destination: str
    controller: str
    decided_at: datetime
    policy_version: int
    policy_digest: str
    watermark: int
    rows: int
    allowed: int
    allowed_by_reason: Mapping[str, int]
    denied_by_reason: Mapping[str, int]
    unreadable: int
    """Rows without any identifier, or with a malformed one. They are denied, as strangers are."""
    identifiers: Mapping[str, int]
    """How many rows hold an identifier of each kind."""
    not_found: Mapping[str, int]
    """How many of those lead to nobody."""

    @property
    def denied(self) -> int:
        """How many rows could not leave."""
        return self.rows - self.allowed

    @property
    def share_allowed(self) -> float:
        """The allowed rows' share of all; 0 for a list without rows."""
        return self.allowed / self.rows if self.rows else 0.0


def report_coverage(
    *,
    purpose: str,
    destination: str,
    controller: str | None,
    input_path: Path,
    at: datetime,
    identifiers: Mapping[IdentifierKind, str] | None = None,
    audience_format: AudienceFormat | None = None,
    progress: Progress = lambda _: None,
) -> Coverage:
    """Return what a run over `input_path` would allow and deny at `at`, all decided on one snapshot.

    Nothing is written: no row, no file, no lineage. Without a `controller`, the policy's only one is taken.
    Of obligations, people's strings are looked at, as a run does; it may refuse to start because of others.

    :raises AudienceUnreadable: if the list cannot be read, with what to do about it.
    :raises ControllerMissing: if none is named, and the policy has several.
    """
    audience = open_audience(input_path.resolve(), audience_format)
    columns = find_identifier_columns(audience.schema, identifiers)
    counts = _Counts()
    with open_snapshot(at=at) as snapshot:
        asked = controller if controller is not None else snapshot.only_controller()
        question = Question(purpose=purpose, destination=destination, controller=asked)
        order = Order(question=question, audience=audience, columns=columns, at=at)
        for batch in audience.batches():
            counts.add(order, snapshot, batch)
            progress(counts.rows)
        return counts.sum_up(question, snapshot, at)


@dataclass(slots=True)
class _Counts:
    """Grows batch by batch, and keeps nothing of a row."""

    rows: int = 0
    unreadable: int = 0
    allowed: Counter[str] = field(default_factory=Counter)
    denied: Counter[str] = field(default_factory=Counter)
    identifiers: Counter[IdentifierKind] = field(default_factory=Counter)
    not_found: Counter[IdentifierKind] = field(default_factory=Counter)

    def add(self, order: Order, snapshot: Snapshot, batch: pa.RecordBatch) -> None:
        people = read_identifiers(batch, order.columns)
        self._add_decisions(order, people, decide_rows(order, snapshot, people))
        self.rows += len(people)
        self.unreadable += people.count(None)
        self._add_identifiers(people)

    def _add_decisions(self, order: Order, people: Sequence[_Person], decisions: Sequence[Decision]) -> None:
        for decision, lacks in zip(decisions, _list_lacking(order, people, decisions), strict=True):
            if lacks:
                self.denied[NOT_HONOURED] += 1
            else:
                (self.allowed if decision.allowed else self.denied)[decision.reason.value] += 1

    def _add_identifiers(self, people: Sequence[_Person]) -> None:
        held = [identifier for person in people for identifier in person or ()]
        found = find_subjects([[identifier] for identifier in held])
        self.identifiers.update(identifier.kind for identifier in held)
        self.not_found.update(one.kind for one, refs in zip(held, found, strict=True) if not refs)

    def sum_up(self, question: Question, snapshot: Snapshot, at: datetime) -> Coverage:
        kinds = [kind for kind in IdentifierKind if self.identifiers[kind]]
        return Coverage(
            purpose=question.purpose,
            destination=question.destination,
            controller=question.controller,
            decided_at=at,
            policy_version=snapshot.policy.version,
            policy_digest=snapshot.policy.digest,
            watermark=snapshot.watermark,
            rows=self.rows,
            allowed=self.allowed.total(),
            allowed_by_reason=_by_frequency(self.allowed),
            denied_by_reason=_by_frequency(self.denied),
            unreadable=self.unreadable,
            identifiers={
                kind.value: self.identifiers[kind] for kind in IdentifierKind if self.identifiers[kind]
            },
            not_found={kind.value: self.not_found[kind] for kind in kinds},
        )


def _list_lacking(order: Order, people: Sequence[_Person], decisions: Sequence[Decision]) -> Sequence[bool]:
    """Return for each row whether its person lacks a string that the allow owes."""
    if not any(map(owes_string, decisions)):
        return [False] * len(decisions)
    refs = iter(find_subjects([one for one in people if one]))
    whom = [next(refs) if one else frozenset[SubjectRef]() for one in people]
    controller = order.question.controller
    answers = [Answer(one, found, controller) for one, found in zip(decisions, whom, strict=True)]
    return list_lacking(answers, at=order.at)


def _by_frequency(counted: Counter[str]) -> dict[str, int]:
    return dict(sorted(counted.items(), key=lambda one: (-one[1], one[0])))
