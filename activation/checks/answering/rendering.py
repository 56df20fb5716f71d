"""Writing the usual answers: an outcome's bytes are written once, and what differs is put between.

Each template is cut out of what `activation.checks.wire` writes, so that both say the same.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from activation.checks import wire
from activation.checks.types import Scope
from activation.checks.wire.answers import ALLOWED
from activation.decisions.reasons import NOT_PERMITTED, Effect
from activation.decisions.types import Decision
from activation.snapshots.compact.times import from_micros
from activation.snapshots.lanes.lane import Found
from activation.snapshots.lanes.outcomes import Outcome
from consent.kernel import canonical

_UNTIL = datetime(1901, 2, 3, 4, 5, 6, 789012, tzinfo=UTC)
_UNTIL_TEXT = b'"1901-02-03T04:05:06.789012Z"'
_WATERMARK = 8_765_432_109_876
_WATERMARK_TEXT = b"8765432109876"
_EXPLAINS = (frozenset({Scope.CHECK}), frozenset({Scope.CHECK, Scope.EXPLAIN}))

Template = tuple[bytes, ...]
"""What stands before, between and behind the parts that differ."""


class Rendered:
    """An outcome as callers with and without the scope `explain` may see it."""

    __slots__ = ("_evaluations", "checks", "shows_until")

    def __init__(self, decision: Decision) -> None:
        allowed = decision.effect is Effect.ALLOW
        self.shows_until = (allowed, True)
        """Whether the end is told, to callers without the scope and with it."""
        marked = replace(decision, valid_until=_UNTIL, watermark=_WATERMARK)
        bare = replace(decision, valid_until=None, watermark=_WATERMARK)
        self._evaluations = tuple(_evaluation(one, scopes) for scopes in _EXPLAINS for one in (bare, marked))
        self.checks = tuple((_check(bare, scopes)[0], _check(marked, scopes)) for scopes in _EXPLAINS)
        """One subject's entry in the answer to a batch: without an end, and cut where the end stands."""

    def evaluation(self, until: int | None, watermark: bytes, *, explains: bool) -> bytes:
        """Return the answer to one evaluation."""
        if until is None or not self.shows_until[explains]:
            start, end = self._evaluations[2 * explains]
            return start + watermark + end
        start, middle, end = self._evaluations[2 * explains + 1]
        return start + write_until(until) + middle + watermark + end


def rendered(outcome: Outcome) -> Rendered:
    """Return what the outcome looks like; it is worked out once."""
    found: Rendered | None = outcome.memo
    if found is None:
        found = outcome.memo = Rendered(outcome.decision)
    return found


def write_until(until: int) -> bytes:
    """Return a time as `wire.write_time` writes it, in quotes."""
    return b'"%bZ"' % from_micros(until).isoformat()[:-6].encode()


def write_checks(found: Sequence[Found], *, watermark: bytes, explains: bool) -> bytes:
    """Return the answer to a batch: one entry for each subject, in their order."""
    entries = []
    for outcome, times in found:
        one = outcome.memo or rendered(outcome)
        plain, marked = one.checks[explains]
        if not one.shows_until[explains] or (until := outcome.valid_until(times)) is None:
            entries.append(plain)
        else:
            entries.append(write_until(until).join(marked))
    counted = Counter(outcome for outcome, _ in found)
    decision = found[0][0].decision
    head = canonical.dumps(
        {
            "historic": False,
            "policy_digest": decision.policy_digest,
            "policy_version": decision.policy_version,
        }
    )
    summary = canonical.dumps(_summarise(counted, explains=explains))
    return b'%b,"results":[%b],"summary":%b,"watermark":%b}' % (
        head[:-1],
        b",".join(entries),
        summary,
        watermark,
    )


def _summarise(counted: Counter[Outcome], *, explains: bool) -> dict[str, int]:
    summary: Counter[str] = Counter()
    for outcome, count in counted.items():
        decision = outcome.decision
        told = ALLOWED if decision.effect is Effect.ALLOW else NOT_PERMITTED
        summary[decision.reason.value if explains else told] += count
    return dict(summary)


def _evaluation(decision: Decision, scopes: frozenset[Scope]) -> Template:
    answer = wire.answer_evaluation(wire.Checked(decision=decision), scopes=scopes)
    return _cut(wire.write_answer(answer))


def _check(decision: Decision, scopes: frozenset[Scope]) -> Template:
    return _cut(wire.write_answer(wire.answer_check(wire.Checked(decision=decision), scopes=scopes)))


def _cut(text: bytes) -> Template:
    parts = [text]
    for mark in (_UNTIL_TEXT, _WATERMARK_TEXT):
        before, found, after = parts[-1].partition(mark)
        if found:
            parts[-1:] = [before, after]
    return tuple(parts)
