"""Answers put together from templates have the bytes that `activation.checks.wire` writes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from activation.checks import wire
from activation.checks.answering.rendering import rendered, write_checks
from activation.checks.types import Scope
from activation.decisions.reasons import ALLOWING, Effect, Reason
from activation.decisions.types import Decision, Obligation
from activation.snapshots.compact.times import to_micros
from activation.snapshots.lanes.outcomes import Outcome
from consent.policies.types import LegalBasis

UNTIL = [
    None,
    datetime(2026, 3, 1, tzinfo=UTC),
    datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
]
SCOPES = [frozenset({Scope.CHECK}), frozenset({Scope.CHECK, Scope.EXPLAIN})]


def decision_of(reason: Reason, *, is_full: bool) -> Decision:
    bare = Decision(
        effect=Effect.ALLOW if reason in ALLOWING else Effect.DENY,
        reason=reason,
        purpose="ads",
        destination="partner",
        policy_version=7,
        policy_digest="sha256:" + "8" * 64,
    )
    full = replace(
        bare,
        legal_basis=LegalBasis.CONSENT,
        jurisdiction="DE",
        rule_id="ads-eu",
        notice="privacy",
        notice_version=2,
        required_purpose="storage",
        obligations=(Obligation("mask", "email", "sha256"), Obligation("drop", "phone")),
    )
    return full if is_full else bare


@pytest.mark.parametrize("is_full", [True, False])
@pytest.mark.parametrize("reason", Reason)
def test_an_evaluation_has_the_bytes_that_wire_writes(reason: Reason, is_full: bool) -> None:
    decision = decision_of(reason, is_full=is_full)
    for until in UNTIL:
        for scopes in SCOPES:
            whole = replace(decision, valid_until=until, watermark=123)
            one, explains = rendered(Outcome(decision)), Scope.EXPLAIN in scopes
            shown = to_micros(until) if until and one.shows_until[explains] else None
            text = one.evaluation(shown, b"123", explains=explains)

            assert text == wire.write_answer(
                wire.answer_evaluation(wire.Checked(decision=whole), scopes=scopes)
            )


@pytest.mark.parametrize("scopes", SCOPES)
def test_a_batch_has_the_bytes_that_wire_writes(scopes: frozenset[Scope]) -> None:
    decisions = [decision_of(reason, is_full=is_full) for reason in Reason for is_full in (True, False)]
    found = [
        (Outcome(one, fixed_end=to_micros(until) if until else None), ())
        for one in decisions
        for until in UNTIL
    ]
    checked = [
        wire.Checked(decision=replace(one, valid_until=until, watermark=5))
        for one in decisions
        for until in UNTIL
    ]
    body = b'{"purpose":"ads","destination":"partner","subjects":[{"type":"user","id":"1"}]}'
    asked = wire.read_checks(body)
    many = replace(asked, subjects=asked.subjects * len(found))

    assert write_checks(found, watermark=b"5", explains=Scope.EXPLAIN in scopes) == wire.write_answer(
        wire.answer_checks(many, checked, scopes=scopes)
    )
